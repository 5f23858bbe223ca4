/* Counts words with limits from the command line, and tells what they cost. */
import { parseArgs } from 'node:util';
import { Executor, tasks } from 'millrace';
import { documentOf } from './documents.js';

const { values } = parseArgs({
  options: {
    workers: { type: 'string', default: '2' },
    'max-pending': { type: 'string', default: '2' },
    documents: { type: 'string', default: '20000' },
  },
});
const work = tasks(new URL('./work.js', import.meta.url));
const executor = new Executor({ workers: Number(values.workers), maxPending: Number(values['max-pending']) });
await executor.ready();

const documents = Array.from({ length: 100 }, (_, number) => documentOf(number));
let mostBytes = 0;
function* counts() {
  for (let n = 0; n < Number(values.documents); n++) {
    yield work.frequentWords(documents[n % documents.length]);
    if (n % 100 === 99) mostBytes = Math.max(mostBytes, executor.stats().pendingBytes);
  }
}

const latencies = [];
const start = performance.now();
for await (const future of executor.asCompleted(counts())) {
  await future.result();
  latencies.push(performance.now() - future.timing.submittedAt);
}
const seconds = (performance.now() - start) / 1000;
await executor.shutdown();

latencies.sort((a, b) => a - b);
console.log(`${Math.round(latencies.length / seconds)} documents a second`);
console.log(`${latencies[latencies.length >> 1]?.toFixed(1)} ms from the submission to the result (median)`);
console.log(`${Math.round(mostBytes / 1024)} KiB of documents waiting at the most`);
