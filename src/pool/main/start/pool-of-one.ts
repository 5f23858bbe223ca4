import threads from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { workerFile } from './worker-file.ts';
import type { ThreadOptions } from './thread-options.ts';
import type { Boot } from '../../wire/messages.ts';

/** A Piscina that makes exactly one thread, with its first run. */
export function poolOfOne(options: ThreadOptions): Piscina<Boot, void> {
  const { env, execArgv, resourceLimits, workerData } = options;
  const pool = new Piscina<Boot, void>({
    filename: workerFile(),
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: Infinity,
    // Piscina's default would stop the thread's event loop between tasks: timers, telemetry, asynchronous clean-up.
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

/**
 * Makes the pool's thread with its first run. Later messages on Piscina's own port are not ours, but Piscina trusts them: a message
 * that code in the thread posts there must not become an uncaught error of this thread.
 *
 * @param unreadable called with the error of a message that Piscina could not read.
 */
export function firstRun(
  pool: Piscina<Boot, void>,
  boot: Boot,
  unreadable: (error: unknown) => void,
): Promise<void> {
  const { MessageChannel } = threads;
  // Piscina looks up `MessageChannel` within this call.
  Reflect.set(threads, 'MessageChannel', function GuardedChannel() {
    const channel = new MessageChannel();
    guard(channel.port1, unreadable);
    return channel;
  });
  try {
    return pool.run(boot, { transferList: [boot.port, boot.output.port] as never });
  } finally {
    Reflect.set(threads, 'MessageChannel', MessageChannel);
  }
}

function guard(port: MessagePort, unreadable: (error: unknown) => void): void {
  const { on } = port as { on: (event: string, listener: (value: unknown) => void) => MessagePort };
  const guarded = (event: string, listener: (value: unknown) => void) => {
    const read = (value: unknown) => {
      try {
        listener(value);
      } catch (error) {
        unreadable(error);
      }
    };
    return on.call(port, event, read);
  };
  Object.defineProperty(port, 'on', { value: guarded });
}
