import { availableWorkers, Executor, InvalidOptionError } from '../index.ts';
import type { ExecutorOptions } from '../index.ts';
import { show } from '../base/options.ts';
import { resolveGateOptions } from './gate-options.ts';
import type { GateOptions } from './gate-options.ts';
import { OverloadGate } from './overload-gate.ts';

export interface EmbeddingOptions extends GateOptions {
  /**
   * An executor, which the caller must shut down; or the options of a new one, which ends with the server. A new executor keeps
   * all its threads (`minWorkers` is `workers`) unless its options say otherwise. Default: a new one with default options.
   */
  readonly executor?: Executor | ExecutorOptions;
}

/** A gate, and how its executor ends with the server. */
export interface Embedding {
  readonly gate: OverloadGate;
  /** Ends an executor that was made here. Call it when every request has been answered: running tasks no longer matter then. */
  readonly endExecutor: () => Promise<void>;
}

/** @throws {InvalidOptionError} for an unknown option or a bad value; then no thread was started. */
export function embed({ executor = {}, ...gateOptions }: EmbeddingOptions): Embedding {
  if (executor instanceof Executor) {
    return { gate: new OverloadGate(executor, gateOptions), endExecutor: () => Promise.resolve() };
  }
  if (typeof executor !== 'object' || executor === null) {
    const message = `executor must be an Executor or the options of one, not ${show(executor)}`;
    throw new InvalidOptionError('executor', executor, message);
  }
  // The gate's options first: a mistake there must not leave the threads of an unreachable executor.
  resolveGateOptions(gateOptions);
  const own = new Executor(keepingThreads(executor));
  return { gate: new OverloadGate(own, gateOptions), endExecutor: () => own.shutdown({ mode: 'kill' }) };
}

/** Keeps every thread alive, so that no request waits for the boot of one. */
function keepingThreads(options: ExecutorOptions): ExecutorOptions {
  const { workers = availableWorkers() } = options;
  // `workers` first, so that an error names `workers`, not `minWorkers`.
  return { workers, ...options, minWorkers: options.minWorkers ?? workers };
}
