import type { RunTimes } from '../../scheduler/figures/run-times.ts';
import type { Job } from '../../scheduler/job/job.ts';
import type { Task } from '../../tasks/task.ts';
import type { RemoteCall, RemoteOptions } from '../wire/batch-wire.ts';
import type { BatchLink, BeginAnswer } from './host-link.ts';

/** How Redis let a batch begin, or that another host has taken it over since. */
export type RunStatus = BeginAnswer['status'] | 'superseded';

/** The parts of a host that run a batch. */
export interface RunParts {
  readonly link: BatchLink;
  /** The host's name in messages. */
  readonly host: string;
  readonly runTimes: RunTimes;
  /** Number of threads that other batches leave to this one; at least 1. */
  threads(): number;
  /** The task of a call, or the reason why this host can't run it. */
  taskOf(call: RemoteCall): Task<unknown> | Error;
  submit(task: Task<unknown>, options: RemoteOptions, carrier: RemoteCall['carrier']): Job;
  /** The jobs of all batches that threads execute at this instant. */
  atWork(): readonly Job[];
  /** Handles a message of the control channel. */
  told(text: string): void;
  /** Cancels the jobs that no thread has begun; the others run on. */
  cancelUnclaimed(reason: unknown, jobs: readonly Job[]): void;
}
