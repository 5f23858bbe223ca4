import { parentPort } from 'node:worker_threads';
import * as works from './work.mjs';
parentPort.on('message', ({ id, work, argument }) => {
  const result = works[work](argument);
  parentPort.postMessage({ id, result }, work === 'echoMoved' ? [result.buffer] : []);
});
