import { MultiBar } from 'cli-progress';
import type { ExecutorStats } from '../index.ts';
import { HostLoadSampler } from '../host/host-load.ts';
import { progressLine } from './progress-line.ts';
import type { ProgressFacts } from './progress-line.ts';
import type { Write } from './output.ts';
import { Rate } from './rate.ts';

/** The progress line as the session uses it; without a terminal, an implementation that does nothing takes its place. */
export interface Progress {
  readonly shown: boolean;
  /** Counts one more finished item and its bytes. */
  advance(bytes: number): void;
  /** Counts one more failure. */
  failed(): void;
  /** Writes to the terminal; the line is wiped before, and drawn again when the write is complete. */
  around(write: Write): void;
  /** Removes the line and shows the cursor again. Idempotent. */
  stop(): void;
}

/** What the line shows; read at each frame. */
export interface ProgressSource {
  /** Number of all items; undefined until it is known. */
  readonly total: () => number | undefined;
  readonly stats: () => Pick<ExecutorStats, 'busy' | 'workers'>;
}

/** Frames per second. */
const fps = 8;

/** Moves the cursor to the start of the line and clears the line. */
const wipe = '\r\u001b[K';

/**
 * Shows the progress line on standard error.
 *
 * It is a `MultiBar` with one bar: a `SingleBar` saves the cursor's position and restores it at the end, over all text
 * that was written since.
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
  /** Number of writes under way. While a slow terminal takes one, a frame would be drawn into the middle of its text. */
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
    // The line is trimmed to the width here; other output keeps wrapping.
    linewrap: true,
    forceRedraw: true,
    clearOnComplete: true,
    // The session handles signals.
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
