import { Executor, InvalidOptionError } from '../index.ts';
import type { ExecutorOptions } from '../index.ts';
import { show } from '../base/options.ts';
import { resolveGateOptions } from './gate-options.ts';
import type { GateOptions } from './gate-options.ts';
import { OverloadGate } from './overload-gate.ts';

export interface EmbeddingOptions extends GateOptions {
  /**
   * An executor, which stays the caller's to shut down; or the options of one that lives as long as the server. Default:
   * one with the executor's defaults.
   */
  readonly executor?: Executor | ExecutorOptions;
}

/** A gate, and how its executor ends with the server. */
export interface Embedding {
  readonly gate: OverloadGate;
  /** To be called when every request has been answered: what still runs is nobody's concern. */
  readonly endExecutor: () => Promise<void>;
}

/** @throws {InvalidOptionError} for an unknown option or a bad value; then no thread is left. */
export function embed({ executor = {}, ...gateOptions }: EmbeddingOptions): Embedding {
  if (executor instanceof Executor) {
    return { gate: new OverloadGate(executor, gateOptions), endExecutor: () => Promise.resolve() };
  }
  if (typeof executor !== 'object' || executor === null) {
    const message = `executor must be an Executor or the options of one, not ${show(executor)}`;
    throw new InvalidOptionError('executor', executor, message);
  }
  // The gate's options first, or a mistake there would leave the threads of an executor that nobody has.
  resolveGateOptions(gateOptions);
  const own = new Executor(executor);
  return { gate: new OverloadGate(own, gateOptions), endExecutor: () => own.shutdown({ mode: 'kill' }) };
}
