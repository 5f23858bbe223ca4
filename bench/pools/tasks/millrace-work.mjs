import { transferable } from '../../../dist/worker.js';
export * from './work.mjs';
export const echoMoved = (bytes) => transferable(bytes, [bytes.buffer]);
