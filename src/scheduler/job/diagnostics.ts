import { channel } from 'node:diagnostics_channel';
import type { Channel } from 'node:diagnostics_channel';
import { Future } from './future.ts';
import type { Job } from './job.ts';
import type { News, Transitions } from '../transitions.ts';

/*
 * What happens to tasks, as messages on named channels of node:diagnostics_channel. For each submission
 *
 *   submit ─→ refuse
 *        └──→ (start ─→) settle
 *
 * in this order, and each at most once. `submit` is published within the call, in its asynchronous context: whatever a
 * subscriber does is done before the task is admitted. The others are told when the books are in order.
 *
 * Nobody listens, as a rule. So whoever calls anything here has asked `hasSubscribers` before, and tasks carry no
 * closures for it.
 */

/** What every message about a task says. Asking the future for its result makes its failure count as read. */
export interface TaskMessage {
  /** The executor's name. */
  readonly executor: string;
  /** The label that it was submitted with, or its function's name. */
  readonly label: string;
  readonly future: Future<unknown>;
}

/** On `millrace:task:submit`, when a task has been handed in: it may still be refused. */
export interface TaskSubmitMessage extends TaskMessage {
  /** A subscriber sets what is to travel with the task: its trace context, as `propagation.inject` writes it. */
  carrier: Readonly<Record<string, string>> | undefined;
}

/** On `millrace:task:settle`. */
export interface TaskSettleMessage extends TaskMessage {
  readonly status: 'fulfilled' | 'rejected' | 'cancelled';
  /** Why, unless it was fulfilled. */
  readonly reason: unknown;
}

/** On `millrace:task:refuse`, for a task that was never admitted. */
export interface TaskRefuseMessage extends TaskMessage {
  /** What the caller is told; null where `trySubmit()` returned null. */
  readonly error: unknown;
}

export const taskChannels: Readonly<Record<'submit' | 'start' | 'settle' | 'refuse', Channel>> = {
  submit: channel('millrace:task:submit'),
  start: channel('millrace:task:start'),
  settle: channel('millrace:task:settle'),
  refuse: channel('millrace:task:refuse'),
};

/** Jobs whose start has been told. A set and not a field: it is empty as long as nobody listens. */
const started = new WeakSet<Job>();

function about(executor: string, job: Job): TaskMessage {
  return { executor, label: job.label, future: Future.of(job) };
}

export function publishSubmit(executor: string, job: Job): void {
  const message: TaskSubmitMessage = { ...about(executor, job), carrier: undefined };
  taskChannels.submit.publish(message);
  job.carrier = message.carrier;
}

/** What is to be published on one of these channels. */
class Published implements News {
  readonly #channel: Channel;
  readonly #message: TaskMessage;

  constructor(channel: Channel, message: TaskMessage) {
    this.#channel = channel;
    this.#message = message;
  }

  tell(): void {
    this.#channel.publish(this.#message);
  }
}

export function publishRefuse(transitions: Transitions, executor: string, job: Job, error: unknown): void {
  const message: TaskRefuseMessage = { ...about(executor, job), error };
  transitions.tell(new Published(taskChannels.refuse, message));
}

/** Told when it is learnt: at once of a task that travels alone, with the answer of one in a batch. */
export function publishStart(transitions: Transitions, executor: string, job: Job): void {
  if (started.has(job)) return;
  started.add(job);
  if (job.delivery !== null) job.startedAt = job.delivery.startedAt(job.position);
  transitions.tell(new Published(taskChannels.start, about(executor, job)));
}

/** Does anybody want to know of a settlement? Who listens to starts does: some are learnt only then. */
export function settlementsHeard(): boolean {
  return taskChannels.settle.hasSubscribers || taskChannels.start.hasSubscribers;
}

/** To be called before the job settles; told when it has. */
export function publishSettle(
  transitions: Transitions,
  executor: string,
  job: Job,
  status: TaskSettleMessage['status'],
  value: unknown,
): void {
  if (job.startedAt !== undefined || job.running) publishStart(transitions, executor, job);
  const reason = status === 'fulfilled' ? undefined : value;
  const message: TaskSettleMessage = { ...about(executor, job), status, reason };
  transitions.tell(new Published(taskChannels.settle, message));
}
