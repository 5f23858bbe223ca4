import { closedLoop, interleaved, median, seconds } from '../measure.ts';
import { row } from '../scenario.ts';
import type { Row, Scenario } from '../scenario.ts';

/** Buffers there and back, 32 outstanding, copied and moved. */
export const buffers: Scenario = async ({ contenders, rounds }) => {
  const rows: Row[] = [];
  for (const [size, label, calls] of [
    [1024, '1 KiB', 20_000],
    [65_536, '64 KiB', 5000],
    [1_048_576, '1 MiB', 500],
  ] as const) {
    for (const moved of [false, true]) {
      const figures = await interleaved(contenders, rounds, async ({ name, call }) => {
        const pool = Array.from({ length: 32 }, () => new Uint8Array(size).fill(7));
        const took = await seconds(() =>
          closedLoop(32, calls, async () => {
            const bytes = pool.pop() as Uint8Array<ArrayBuffer>;
            const back = await (moved ? call('echoMoved', bytes, [bytes.buffer]) : call('echo', bytes));
            if ((back as Uint8Array).byteLength !== size) throw new Error(`${name} lost bytes`);
            pool.push(back as Uint8Array<ArrayBuffer>);
          }),
        );
        return calls / took;
      });
      const medians = [...figures].map(([{ name }, rates]) => [name, median(rates)] as const);
      rows.push(row(`${label} ${moved ? 'moved' : 'copied'} there and back`, 'tasks/s', true, medians));
    }
  }
  return rows;
};
