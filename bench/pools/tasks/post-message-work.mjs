import { parentPort } from 'node:worker_threads';

const works = await import('./work.mjs');
parentPort.on('message', ({ id, work, argument }) => {
  const result = works[work](argument);
  parentPort.postMessage({ id, result }, work === 'echoMoved' ? [result.buffer] : []);
});
