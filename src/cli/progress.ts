import { SingleBar } from 'cli-progress';
import type { Executor } from '../index.ts';
import { HostLoadSampler } from './host-load.ts';

const format =
  ' {bar} {value}/{total} | {rate}/s | {eta_formatted} left | workers {busy}/{workers} | host CPU {cpu}';

/** How long counting may hold the thread before results get their turn. Milliseconds. */
const countingSliceMs = 5;

/** A progress line on standard error; nothing at all when that is no terminal. */
export class Progress {
  readonly #executor: Executor;
  readonly #load = new HostLoadSampler();
  #bar: SingleBar | null = null;
  #ticker: NodeJS.Timeout | undefined;
  #done = 0;
  #startedAt = 0;
  #stopped = false;

  constructor(executor: Executor) {
    this.#executor = executor;
  }

  /** @param total everything that there is to do; counted in slices while the work goes on. */
  start(total: (() => Iterable<unknown>) | undefined): void {
    if (!process.stderr.isTTY || this.#bar !== null) return;
    this.#startedAt = performance.now();
    this.#bar = new SingleBar({ format, hideCursor: true, clearOnComplete: true, etaBuffer: 500, fps: 8 });
    this.#bar.start(0, 0, this.#facts());
    this.#load.start();
    this.#ticker = setInterval(() => this.#bar?.update(this.#done, this.#facts()), 200).unref();
    if (total !== undefined) this.#count(total()[Symbol.iterator](), 0);
  }

  advance(): void {
    this.#done++;
  }

  /** Writes a line to standard error, above the progress line. */
  above(text: string): void {
    if (this.#bar !== null) process.stderr.write('\r\u001b[K');
    process.stderr.write(text);
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearInterval(this.#ticker);
    this.#load.stop();
    this.#bar?.update(this.#done, this.#facts());
    this.#bar?.stop();
  }

  #count(items: Iterator<unknown>, counted: number): void {
    if (this.#stopped) return;
    const end = performance.now() + countingSliceMs;
    let total = counted;
    while (performance.now() < end) {
      if (items.next().done === true) return this.#bar?.setTotal(total);
      total++;
    }
    this.#bar?.setTotal(total);
    setTimeout(() => this.#count(items, total), countingSliceMs).unref();
  }

  #facts(): object {
    const { busy, workers } = this.#executor.stats();
    const seconds = Math.max(performance.now() - this.#startedAt, 1) / 1000;
    const cpu = this.#load.latest === undefined ? '–' : `${Math.round(this.#load.latest.cpuShare * 100)} %`;
    return { rate: Math.round(this.#done / seconds), busy, workers, cpu };
  }
}
