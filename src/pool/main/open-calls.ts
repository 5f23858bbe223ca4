import type { Transferable } from 'node:worker_threads';
import type { Call, Delivery, NestedCall, WorkerEvents } from '../../scheduler/dispatch/backend.ts';
import { internTarget, Task } from '../../tasks/task.ts';
import { decodeReason, encodeReason } from '../wire/error-codec.ts';
import type { Outbox } from './outbox.ts';
import { dataCloneError } from '../wire/uncloneable.ts';
import { decode, encode } from '../wire/value-codec.ts';
import type { Submit, Withdraw } from '../wire/messages.ts';

type Settlement = Parameters<NestedCall['settled']>[0];

/** The tasks that tasks of one thread have submitted, as the main thread sees them. */
export class OpenCalls<C extends Call> {
  readonly #outbox: Outbox;
  readonly #called: WorkerEvents<C>['called'];
  /** How to cancel those that have not settled. */
  readonly #cancel = new Map<number, (reason: unknown) => void>();

  constructor(outbox: Outbox, called: WorkerEvents<C>['called']) {
    this.#outbox = outbox;
    this.#called = called;
  }

  call(parent: Delivery<C>, { call, position, module, name, args, options, tellAdmitted }: Submit): void {
    const task = new Task(internTarget(module, name), decode(args), options);
    const admitted = tellAdmitted ? () => this.#outbox.post({ kind: 'told', told: call }) : undefined;
    let settled = false;
    const cancel = this.#called(parent, position, task, options, {
      admitted,
      settled: (status, value) => {
        settled = true;
        this.#cancel.delete(call);
        this.#tell(call, status, value);
      },
    });
    if (!settled) this.#cancel.set(call, cancel);
  }

  withdraw({ withdraw, reason }: Withdraw): void {
    this.#cancel.get(withdraw)?.(decodeReason(reason));
  }

  #tell(call: number, status: Settlement, value: unknown): void {
    if (status === 'fulfilled') {
      try {
        this.#outbox.post({ kind: 'told', told: call, status, result: encode([value]) }, ownMemory(value));
      } catch (error) {
        this.#refuse(call, 'rejected', dataCloneError(error, value, 'result'));
      }
    } else this.#refuse(call, status, value);
  }

  #refuse(call: number, status: 'rejected' | 'cancelled', reason: unknown): void {
    this.#outbox.post({ kind: 'told', told: call, status, reason: encodeReason(reason) });
  }
}

/** A result that is one array moves on: nobody here has a use for it, and copying a large one twice takes long. */
function ownMemory(value: unknown): Transferable[] {
  const memory = ArrayBuffer.isView(value) ? value.buffer : value;
  return memory instanceof ArrayBuffer ? [memory] : [];
}
