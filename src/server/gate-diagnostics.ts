import { channel } from 'node:diagnostics_channel';
import type { Channel } from 'node:diagnostics_channel';
import type { Executor } from '../index.ts';
import type { RequestClass } from './request-options.ts';

/** Published on `millrace:gate:refuse` when a gate has refused a task, or a request before its body was read. */
export interface GateRefuseMessage {
  /** The executor's name. */
  readonly executor: string;
  /** Distinguishes executors of the same name. */
  readonly executorId: number;
  readonly class: RequestClass;
  /** The deadline is too near (`too-late`), there is no room (`full`), or the server shuts down (`closing`). */
  readonly why: 'too-late' | 'full' | 'closing';
  /** The forecast wait in milliseconds; undefined if unknown. */
  readonly waitMs: number | undefined;
  /** Milliseconds until the deadline. */
  readonly leftMs: number;
  /** The task's label; undefined for a request that was refused before it submitted a task. */
  readonly label: string | undefined;
}

const gateRefusals: Channel = channel('millrace:gate:refuse');

/** The fields of the message that the gate itself knows. */
export type RefusalFacts = Omit<GateRefuseMessage, 'executor' | 'executorId' | 'waitMs'>;

export function publishGateRefusal(executor: Executor, facts: RefusalFacts): void {
  if (!gateRefusals.hasSubscribers) return;
  const { waitMs } = executor.forecast();
  const { executorId } = executor;
  const message: GateRefuseMessage = { executor: executor.name, executorId, ...facts, waitMs };
  gateRefusals.publish(message);
}
