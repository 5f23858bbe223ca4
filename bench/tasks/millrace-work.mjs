import { transferable } from '../../dist/index.js';
export * from './work.mjs';
export const echoMoved = (bytes) => transferable(bytes, [bytes.buffer]);
