import type { MessagePort } from 'node:worker_threads';
import type { Claims } from '../wire/claims.ts';
import type { Replacement } from './isolation/replacement.ts';
import type { Parking } from './parking/parking.ts';
import type { RunningTask } from './running-task.ts';

/** The parts of a thread that `LoneRunner` and `BatchTasks` share. */
export interface RunnerParts {
  readonly port: MessagePort;
  readonly claims: Claims;
  readonly task: RunningTask;
  readonly parking: Parking;
  readonly replacement: Replacement;
  /** Milliseconds to add to this thread's clock for the main thread's. */
  readonly clockOffset: number;
}
