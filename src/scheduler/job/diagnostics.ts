import { channel } from 'node:diagnostics_channel';
import type { Channel } from 'node:diagnostics_channel';
import { Future } from './future.ts';
import type { Job } from './job.ts';
import type { FailureReason } from './failure.ts';
import { phaseOf } from './phase.ts';
import type { ExecutorIdentity } from '../executor-id.ts';
import type { TaskPhase } from '../../base/errors.ts';
import { Task } from '../../tasks/task.ts';
import type { News, Transitions } from '../transitions.ts';

/*
 * Publishes the life of tasks on named channels of node:diagnostics_channel. For each submission
 *
 *   submit ─→ refuse
 *        └──→ (start ─→) settle
 *
 * in this order, each at most once. `submit` is published within the call, in its asynchronous context, before the task is
 * admitted. The other messages are published when the books are in order.
 *
 * Most programs have no subscribers. Callers therefore check `hasSubscribers` first, and tasks carry no closures for this.
 */

/** The common part of messages about a task. A subscriber that calls `future.result()` makes a failure count as read. */
export interface TaskMessage {
  /** The executor's name. */
  readonly executor: string;
  /** Tells executors of the same name apart. */
  readonly executorId: number;
  /** The task's label, by default its function's name. */
  readonly label: string;
  readonly future: Future<unknown>;
}

/** On `millrace:task:submit`, when a task has been submitted. It may still be refused. */
export interface TaskSubmitMessage extends TaskMessage {
  /** A subscriber may set it: the trace context that travels with the task, as OpenTelemetry's `propagation.inject` writes it. */
  carrier: Readonly<Record<string, string>> | undefined;
}

/** On `millrace:task:settle`, when a task has settled. */
export interface TaskSettleMessage extends TaskMessage {
  readonly status: 'fulfilled' | 'rejected' | 'cancelled';
  /** The error or the reason of the cancellation; undefined if the task was fulfilled. */
  readonly reason: unknown;
}

/** On `millrace:task:refuse`, for a task that was never admitted. */
export interface TaskRefuseMessage extends TaskMessage {
  /** The error that the caller gets; null if `trySubmit()` returned null. */
  readonly error: unknown;
}

/** On `millrace:task:fail`, for each task that was rejected, cancelled or refused. A subscriber costs other tasks nothing. */
export interface TaskFailMessage {
  /** The executor's name. */
  readonly executor: string;
  /** Tells executors of the same name apart. */
  readonly executorId: number;
  /** The future's `id`. */
  readonly id: number;
  readonly label: string;
  /** A small integer that identifies the function in this thread. */
  readonly functionId: number;
  readonly functionName: string;
  /** The task module's URL. */
  readonly module: string;
  /** The index of the task's worker, from 0; undefined if no worker had the task. */
  readonly worker: number | undefined;
  readonly status: 'rejected' | 'cancelled' | 'refused';
  /** The error that the caller gets; null if `trySubmit()` returned null. */
  readonly error: unknown;
  /** Where the task stood. */
  readonly phase: TaskPhase;
  readonly why: FailureReason;
}

export const taskChannels: Readonly<Record<'submit' | 'start' | 'settle' | 'refuse' | 'fail', Channel>> = {
  submit: channel('millrace:task:submit'),
  start: channel('millrace:task:start'),
  settle: channel('millrace:task:settle'),
  refuse: channel('millrace:task:refuse'),
  fail: channel('millrace:task:fail'),
};

/** Jobs whose start has been published. A set and not a field: it stays empty without subscribers. */
const started = new WeakSet<Job>();

function about({ name, executorId }: ExecutorIdentity, job: Job): TaskMessage {
  return { executor: name, executorId, label: job.label, future: Future.of(job) };
}

export function publishSubmit(executor: ExecutorIdentity, job: Job): void {
  const message: TaskSubmitMessage = { ...about(executor, job), carrier: undefined };
  taskChannels.submit.publish(message);
  job.carrier = message.carrier;
}

/** A message to publish on one of these channels. */
class Published implements News {
  readonly #channel: Channel;
  readonly #message: object;

  constructor(channel: Channel, message: object) {
    this.#channel = channel;
    this.#message = message;
  }

  tell(): void {
    this.#channel.publish(this.#message);
  }
}

export function publishRefuse(
  transitions: Transitions,
  executor: ExecutorIdentity,
  job: Job,
  error: unknown,
): void {
  const message: TaskRefuseMessage = { ...about(executor, job), error };
  transitions.tell(new Published(taskChannels.refuse, message));
}

/** Publishes a start when the main thread learns of it: at once for a task that travels alone, with the answer for others. */
export function publishStart(transitions: Transitions, executor: ExecutorIdentity, job: Job): void {
  if (started.has(job)) return;
  started.add(job);
  if (job.batch !== null) job.startedAt = job.batch.startedAt(job.position);
  transitions.tell(new Published(taskChannels.start, about(executor, job)));
}

/** Must settlements be published? Also for subscribers of starts: the main thread learns of some starts only then. */
export function settlementsHeard(): boolean {
  return taskChannels.settle.hasSubscribers || taskChannels.start.hasSubscribers;
}

/** Call it before the job settles; the message is published after that. */
export function publishSettle(
  transitions: Transitions,
  executor: ExecutorIdentity,
  job: Job,
  status: TaskSettleMessage['status'],
  value: unknown,
): void {
  if (job.startedAt !== undefined || job.running) publishStart(transitions, executor, job);
  const reason = status === 'fulfilled' ? undefined : value;
  const message: TaskSettleMessage = { ...about(executor, job), status, reason };
  transitions.tell(new Published(taskChannels.settle, message));
}

/** Call it before the job settles; the message is published after that. */
export function publishFail(
  transitions: Transitions,
  { name, executorId }: ExecutorIdentity,
  job: Job,
  failure: Pick<TaskFailMessage, 'status' | 'error' | 'why'>,
): void {
  const { id, label, batch } = job;
  const worker = batch?.place;
  const { index: functionId, name: functionName, module } = Task.targetOf(job.task);
  const facts = { executor: name, executorId, id, label, functionId, functionName, module, worker };
  const message: TaskFailMessage = { ...facts, phase: phaseOf(job), ...failure };
  transitions.tell(new Published(taskChannels.fail, message));
}
