import { duration, percent } from '../verdict/words.ts';
import type { ProcessFigures } from '../record/frame.ts';
import { el, say } from './dom.ts';
import type { View } from './view.ts';

/** The process, its memory, and what watching costs it. */
export class Footer {
  readonly element: HTMLElement = el('footer', {});

  /**
   * @param process the process of the executor: the server, or a host of a cluster.
   * @param drawnMs mean time to draw the page.
   */
  show({ latest }: View, process: ProcessFigures, drawnMs: number): void {
    const [taken, most] = latest.own.bytes;
    const [rss, heapUsed] = process.memory;
    say(
      this.element,
      [
        `process ${process.pid}, Node ${process.node}`,
        `memory ${bytes(rss)}, heap ${bytes(heapUsed)}`,
        `arguments pending ${bytes(taken)} of ${bytes(most)}`,
        `watching costs the main thread ${percent(process.watching)}`,
        `this page ${duration(drawnMs)} a picture`,
      ].join(' · '),
    );
  }
}

function bytes(value: number): string {
  // The executor of a cluster's host does not bound the bytes of arguments.
  if (value >= Number.MAX_SAFE_INTEGER) return 'any amount';
  const unit = [1024 ** 3, 1024 ** 2, 1024, 1].find((each) => value >= each) ?? 1;
  const name = { [1024 ** 3]: 'GiB', [1024 ** 2]: 'MiB', 1024: 'KiB', 1: 'B' }[unit];
  return `${Number((value / unit).toPrecision(3))} ${name ?? ''}`;
}
