import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type {
  BatchAnswerMessage,
  TaskFailMessage,
  WorkerEndMessage,
  WorkerStartMessage,
} from '../../index.ts';
import type { GateRefuseMessage } from '../../server/gate-diagnostics.ts';

/** Listeners, by channel. */
export interface Listeners {
  readonly 'millrace:batch:answer': (message: BatchAnswerMessage) => void;
  readonly 'millrace:task:fail': (message: TaskFailMessage) => void;
  readonly 'millrace:gate:refuse': (message: GateRefuseMessage) => void;
  readonly 'millrace:worker:start': (message: WorkerStartMessage) => void;
  readonly 'millrace:worker:end': (message: WorkerEndMessage) => void;
}

/** @returns a function that stops listening. */
export function listen(listeners: Partial<Listeners>): () => void {
  const entries = Object.entries(listeners) as [string, (message: unknown) => void][];
  for (const [channel, listener] of entries) subscribe(channel, listener);
  return () => {
    for (const [channel, listener] of entries) unsubscribe(channel, listener);
  };
}
