import type { Given } from '../given.ts';
import { duration, text, texts, workers } from '../option-values.ts';
import { toPrintable } from '../byte-path.ts';
import { UsageError } from '../usage-error.ts';
import { watchArguments } from '../watch-arguments.ts';
import type { WatchArguments } from '../watch-arguments.ts';
import { clusterArguments } from './cluster-arguments.ts';
import type { ClusterArguments } from './cluster-arguments.ts';

export interface WorkerArguments extends ClusterArguments {
  readonly tasks: readonly string[];
  readonly insecure: boolean;
  readonly allowInline: boolean;
  readonly strict: boolean;
  readonly graceMs: number;
  readonly lockMs: number | undefined;
  readonly health: { readonly host: string; readonly port: number } | undefined;
  readonly workers: number | undefined;
  readonly watch: WatchArguments | undefined;
}

/** @throws {UsageError} that names what is wrong. */
export function workerArguments(given: Given): WorkerArguments {
  const { operands, values } = given;
  const [first] = operands;
  if (first !== undefined)
    throw new UsageError(`worker takes no operand ('${toPrintable(first)}'): --tasks names modules`);
  const cluster = clusterArguments(given, 'worker');
  const tasks = texts(values, 'tasks');
  const allowInline = values.has('allow-inline');
  if (tasks.length === 0 && !allowInline) throw new UsageError('worker needs --tasks MODULE');
  const insecure = values.has('insecure');
  if (cluster.secret === undefined && !insecure)
    throw new UsageError('worker needs --secret-file FILE or $MILLRACE_SECRET, or --insecure to use none');
  if (cluster.secret !== undefined && insecure)
    throw new UsageError('--insecure and a secret do not go together');
  const lockMs = duration(values, 'lock');
  return {
    ...cluster,
    tasks,
    insecure,
    allowInline,
    strict: values.has('strict'),
    graceMs: duration(values, 'grace') ?? 25_000,
    lockMs: lockMs === undefined ? undefined : Math.max(100, Math.round(lockMs)),
    health: health(text(values, 'health')),
    workers: workers(values),
    watch: watchArguments('worker', values),
  };
}

function health(given: string | undefined): WorkerArguments['health'] {
  if (given === undefined) return undefined;
  const [, host = '', port = ''] = /^(?:(.*):)?(\d{1,5})$/.exec(given) ?? [];
  const number = Number(port || 'NaN');
  if (!(number <= 65_535))
    throw new UsageError(`--health must be HOST:PORT or PORT, not '${toPrintable(given)}'`);
  // Without a host, only this machine can reach the server.
  return { host: host.replace(/^\[(.*)\]$/, '$1') || '127.0.0.1', port: number };
}
