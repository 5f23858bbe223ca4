import { Tinypool } from 'tinypool';
export * from './work.mjs';
export const echoMoved = (bytes) => Tinypool.move(bytes);
