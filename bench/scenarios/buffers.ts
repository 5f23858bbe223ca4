import { interleaved, median, rate } from '../harness/measure.ts';
import { row } from '../harness/scenario.ts';
import type { Row, Scenario } from '../harness/scenario.ts';

const outstanding = 32;

/** Buffers there and back, 32 outstanding, copied and moved. */
export const buffers: Scenario = async ({ contenders, rounds, turnMs }) => {
  const rows: Row[] = [];
  for (const [size, label] of [
    [1024, '1 KiB'],
    [65_536, '64 KiB'],
    [1_048_576, '1 MiB'],
  ] as const) {
    for (const moved of [false, true]) {
      const figures = await interleaved(contenders, rounds, async ({ name, call }) => {
        let mark = 0;
        const free = Array.from({ length: outstanding }, () => new Uint8Array(size).fill(7));
        return rate(outstanding, turnMs, async () => {
          const bytes = free.pop() as Uint8Array<ArrayBuffer>;
          const sent = (bytes[size - 1] = mark++ & 0xff);
          const back = (await (moved
            ? call('echoMoved', bytes, [bytes.buffer])
            : call('echo', bytes))) as Uint8Array<ArrayBuffer>;
          if (back.byteLength !== size || back[0] !== 7 || back[size - 1] !== sent) {
            throw new Error(`${name} returned other bytes`);
          }
          if (moved !== (bytes.byteLength === 0)) throw new Error(`${name}: moved or copied?`);
          free.push(back);
        });
      });
      const medians = [...figures].map(([{ name }, rates]) => [name, median(rates)] as const);
      rows.push(row(`${label} ${moved ? 'moved' : 'copied'} there and back`, 'tasks/s', true, medians));
    }
  }
  return rows;
};
