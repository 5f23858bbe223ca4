import { Bench } from 'tinybench';
import { startMillrace } from '../pools/millrace.ts';
import { startPiscina } from '../pools/piscina.ts';

/** Submit and wait for the result, beside bare Piscina: one call, and 512 at once. `node bench/build/scenarios/submit-and-wait.js` */
const contenders = [await startMillrace(2), await startPiscina(2)];
const bench = new Bench({ time: 1500, warmupTime: 300 });
for (const { name, call } of contenders) {
  bench.add(`${name}: one call`, async () => {
    await call('empty');
  });
  bench.add(`${name}: 512 calls at once`, async () => {
    await Promise.all(Array.from({ length: 512 }, () => call('empty')));
  });
}
await bench.run();
console.table(bench.table());
await Promise.all(contenders.map((contender) => contender.close()));
