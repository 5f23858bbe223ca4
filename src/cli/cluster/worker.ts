import { WorkerHost } from '../../cluster/host/worker-host.ts';
import { ExecutorClosedError, InvalidOptionError } from '../../index.ts';
import { exitCodes } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { printable } from '../../base/printable.ts';
import { UsageError } from '../usage-error.ts';
import { HealthServer } from './health-server.ts';
import type { WatchArguments } from '../watch-arguments.ts';
import type { Watching } from '../watching.ts';
import type { WorkerArguments } from './worker-arguments.ts';

const say = (text: string): void => void process.stderr.write(`millrace: ${printable(text)}\n`);

/** `millrace worker`: runs a host that takes batches until a signal makes it leave. */
export async function worker(args: WorkerArguments): Promise<ExitCode> {
  const host = open(args);
  const left = untilSignal(host, args.graceMs);
  const health = args.health === undefined ? undefined : new HealthServer(host, args);
  let watching: Watching | undefined;
  try {
    watching = await look(host, args.watch);
    await health?.listen();
    await Promise.race([host.start().catch(unlessClosed), left]);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    await health?.close();
    await host.close({ graceMs: 0 });
    await watching?.end().catch(() => {});
    return exitCodes.failed;
  }
  if (host.isReady) say(`${host.name} takes tasks: ${host.description}`);
  await left;
  await health?.close();
  await watching?.end();
  say(`${host.name} has left`);
  return exitCodes.ok;
}

/** A signal has closed the host before it had started: that is no failure. */
function unlessClosed(error: unknown): void {
  if (!(error instanceof ExecutorClosedError)) throw error;
}

/** Opens the page, the trace and the verdict that were asked for. */
async function look(host: WorkerHost, args: WatchArguments | undefined): Promise<Watching | undefined> {
  if (args === undefined) return undefined;
  const { Watching: Opened } = await import('../watching.ts');
  const watching = await Opened.start(args, say);
  watching.add(host.executor);
  return watching;
}

/** Creates the host. @throws {UsageError} for an option that the host refuses. */
function open({ connection, queue, release, secret, tasks, workers, ...rest }: WorkerArguments): WorkerHost {
  const { insecure, allowInline, strict, lockMs } = rest;
  try {
    return new WorkerHost({
      connection,
      queue,
      tasks,
      allowInline,
      strict,
      executor: workers === undefined ? {} : { workers },
      onWarning: say,
      ...(release === undefined ? {} : { release }),
      ...(secret === undefined ? { insecure } : { secret }),
      ...(lockMs === undefined ? {} : { lockMs }),
    });
  } catch (error) {
    if (error instanceof InvalidOptionError) throw new UsageError(error.message);
    throw error;
  }
}

/** Resolves when the host has left: the first signal closes it, within `graceMs` milliseconds. A second exits at once. */
function untilSignal(host: WorkerHost, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    let isLeaving = false;
    for (const [signal, exitCode] of [
      ['SIGTERM', exitCodes.terminated],
      ['SIGINT', exitCodes.interrupted],
    ] as const) {
      process.on(signal, () => {
        if (isLeaving) process.exit(exitCode);
        isLeaving = true;
        void host.close({ graceMs }).then(resolve);
      });
    }
  });
}
