import type { StreamInspection } from '../../index.ts';
import { text } from './text.ts';

const waits = ['source', 'place', 'tasks', 'reader'] as const;

/** Most loops over sources in a frame: the latest ones. */
const most = 20;

/** The waits of loops over sources since the last frame. */
export class StreamWaits {
  readonly #samples = new Map<number, number[]>();

  sample({ id, waitsFor }: StreamInspection): void {
    const counts = this.#samples.get(id) ?? [0, 0, 0, 0];
    (counts[waits.indexOf(waitsFor)] as number)++;
    this.#samples.set(id, counts);
  }

  /** What there is, once: `[id, kind, window, open, unread, pulled, source, place, tasks, reader]`, the last four as shares. */
  take(streams: readonly StreamInspection[]): [number, string, ...number[]][] {
    const rows = streams
      .slice(-most)
      .map(({ id, kind, window, open, unread, pulled }): [number, string, ...number[]] => {
        const counts = this.#samples.get(id) ?? [0, 0, 0, 0];
        const sum = counts.reduce((total, count) => total + count, 0) || 1;
        return [
          id,
          text(kind),
          window,
          open,
          unread,
          pulled,
          ...counts.map((count) => Math.round((count / sum) * 100) / 100),
        ];
      });
    this.#samples.clear();
    return rows;
  }
}
