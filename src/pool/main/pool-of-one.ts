import { Piscina } from 'piscina';
import { workerFile } from './worker-file.ts';
import type { ThreadOptions } from './thread-options.ts';
import type { Boot } from '../wire/messages.ts';

/** A Piscina that makes one thread, with its first run, and no other. */
export function poolOfOne(options: ThreadOptions): Piscina<Boot, void> {
  const { env, execArgv, resourceLimits, workerData } = options;
  const pool = new Piscina<Boot, void>({
    filename: workerFile(),
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: Infinity,
    // Its default would stop the thread's event loop between tasks: timers, telemetry, asynchronous clean-up.
    atomics: 'disabled',
    recordTiming: false,
    ...(env === undefined ? {} : { env: env as NodeJS.ProcessEnv }),
    ...(execArgv === undefined ? {} : { execArgv: [...execArgv] }),
    ...(resourceLimits === undefined ? {} : { resourceLimits }),
    ...(workerData === undefined ? {} : { workerData }),
  });
  // Without a listener an 'error' event would end the process; the thread's own events say the same.
  pool.on('error', () => {});
  return pool;
}
