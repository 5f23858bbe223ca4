import { move } from 'piscina';
export * from './work.mjs';
export const echoMoved = (bytes) => move(bytes);
