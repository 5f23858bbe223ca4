import { millrace } from './ways.ts';

/** Reads so many items ten times as slowly as they could be made; tells how the memory has grown, after garbage collection. */
const count = Number(process.argv[2]);
const collect = (globalThis as { gc?: () => void }).gc as () => void;
const way = millrace();
await way.read({ count: 20_000, bytes: 100, us: 0 });

const memory = () => {
  collect();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, held: heapUsed + external };
};
const before = memory();
const samples: { rss: number; held: number }[] = [];
let read = 0;
/** An item is made in half a microsecond or so. */
const slowly = () => {
  const end = performance.now() + 0.005;
  while (performance.now() < end);
  if (++read % Math.ceil(count / 10) === 0) samples.push(memory());
};
await way.read({ count, bytes: 100, us: 0 }, slowly);
const mib = (bytes: number) => Number((bytes / 2 ** 20).toFixed(1));
process.send?.({
  rssMiB: mib(Math.max(...samples.map(({ rss }) => rss)) - before.rss),
  heapMiB: mib(Math.max(...samples.map(({ held }) => held)) - before.held),
  rssByTenthMiB: samples.map(({ rss }) => mib(rss - before.rss)),
});
process.exit(0);
