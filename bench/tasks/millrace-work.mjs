import { transferable } from '../../dist/tasks/transferable.js';
export * from './work.mjs';
export const echoMoved = (bytes) => transferable(bytes, [bytes.buffer]);
