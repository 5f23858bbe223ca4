import { MultiBar } from 'cli-progress';
import type { ExecutorStats } from '../index.ts';
import { HostLoadSampler } from '../host/host-load.ts';
import { progressLine } from './progress-line.ts';
import type { ProgressFacts } from './progress-line.ts';
import type { Write } from './output.ts';
import { Rate } from './rate.ts';

/** What the session needs of a progress line, and all that there is without a terminal. */
export interface Progress {
  readonly shown: boolean;
  /** Another item is through, of so many bytes. */
  advance(bytes: number): void;
  /** Something has failed. */
  failed(): void;
  /** Writes to the terminal, which the line leaves until that is out. */
  around(write: Write): void;
  /** The line vanishes, and the cursor comes back. Idempotent. */
  stop(): void;
}

/** What the line shows, asked for at each frame. */
export interface ProgressSource {
  /** How many items there will be, undefined as long as nobody knows. */
  readonly total: () => number | undefined;
  readonly stats: () => Pick<ExecutorStats, 'busy' | 'workers'>;
}

/** Frames a second. */
const fps = 8;

/** To the start of the line, and clear it. */
const wipe = '\r\u001b[K';

/**
 * Shows the progress line on standard error.
 *
 * A `MultiBar` of one bar: a `SingleBar` remembers the place of the cursor on the screen and goes back there at the
 * end, over all that has been written since.
 */
export function showProgress({ total, stats }: ProgressSource): Progress {
  const load = new HostLoadSampler();
  const rate = new Rate();
  const byteRate = new Rate();
  let done = 0;
  let failed = 0;
  let bytes = 0;
  let perSecond = rate.sample(performance.now(), 0);
  let bytesPerSecond = byteRate.sample(performance.now(), 0);
  let stopped = false;
  /** Writes under way. A terminal may be slow to take one: to draw meanwhile would be to draw into the middle of it. */
  let others = 0;

  const facts = (): ProgressFacts => {
    const { busy, workers } = stats();
    const cpuShare = load.latest?.cpuShare;
    return { done, failed, total: total(), perSecond, bytesPerSecond, busy, workers, cpuShare };
  };
  const stream = Object.create(process.stderr, {
    write: { value: (text: string) => others > 0 || process.stderr.write(text) },
  }) as NodeJS.WriteStream;
  const bars = new MultiBar({
    stream,
    format: (_, { maxWidth }) => progressLine(facts(), maxWidth),
    fps,
    hideCursor: true,
    // Trimmed by us: what others write is to be wrapped as ever.
    linewrap: true,
    forceRedraw: true,
    clearOnComplete: true,
    // Signals are the session's.
    gracefulExit: false,
  });
  bars.create(0, 0);
  load.start();
  const ticker = setInterval(() => {
    perSecond = rate.sample(performance.now(), done);
    bytesPerSecond = byteRate.sample(performance.now(), bytes);
  }, 1000 / fps).unref();

  return {
    shown: true,
    advance(more) {
      done++;
      bytes += more;
    },
    failed() {
      failed++;
    },
    around(write) {
      if (!stopped && others === 0) process.stderr.write(wipe);
      others++;
      write(() => {
        others--;
        if (!stopped && others === 0) bars.update();
      });
    },
    stop() {
      if (stopped) return;
      stopped = true;
      others = 0;
      clearInterval(ticker);
      load.stop();
      bars.stop();
    },
  };
}
