import { availableWorkers } from '../host/available-workers.ts';
import { PiscinaBackend } from '../pool/main/piscina-backend.ts';
import { localEngine } from '../scheduler/dispatch/dispatcher.ts';
import type { StartEngine } from '../scheduler/engine.ts';
import { nextExecutorId } from '../scheduler/executor-id.ts';
import type { SchedulerOptions } from '../scheduler/scheduler-options.ts';
import { resolveExecutorOptions } from './executor-options.ts';
import type { ExecutorOptions } from './executor-options.ts';

/** The parts of an executor: its engine, which runs tasks, and its scheduler's options. A subclass passes its own to `Executor`. */
export class ExecutorParts {
  readonly startEngine: StartEngine;
  readonly scheduler: SchedulerOptions;

  constructor(startEngine: StartEngine, scheduler: SchedulerOptions) {
    this.startEngine = startEngine;
    this.scheduler = scheduler;
  }
}

/**
 * The parts of an executor whose tasks run in threads of this process.
 *
 * @throws {InvalidOptionError} naming the option and its value.
 */
export function localParts(options: ExecutorOptions): ExecutorParts {
  const resolved = { ...resolveExecutorOptions(options), executorId: nextExecutorId() };
  const cores = availableWorkers();
  return new ExecutorParts(
    localEngine(new PiscinaBackend({ ...resolved, cores }), { ...resolved, cores }),
    resolved,
  );
}
