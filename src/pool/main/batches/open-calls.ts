import type { Transferable } from 'node:worker_threads';
import type {
  Call,
  CallHandle,
  Batch,
  NestedCall,
  WorkerEvents,
} from '../../../scheduler/dispatch/backend.ts';
import { internTarget, Task } from '../../../tasks/task.ts';
import { decodeReason, encodeReason } from '../../wire/error-codec.ts';
import type { Outbox } from './outbox.ts';
import { RelayedSource } from './relayed-source.ts';
import type { Supplied } from '../../wire/source-messages.ts';
import { dataCloneError } from '../../wire/uncloneable.ts';
import { decode, encode } from '../../wire/value-codec.ts';
import type { Submit, Took, Withdraw } from '../../wire/nested-messages.ts';

type Settlement = Parameters<NestedCall['settled']>[0];

/** The main thread's side of the calls of one thread's tasks. */
export class OpenCalls<C extends Call> {
  readonly #outbox: Outbox;
  readonly #called: WorkerEvents<C>['called'];
  /** Calls that have not settled, by number. */
  readonly #open = new Map<number, CallHandle>();

  /** By call number: the sources among the arguments, which stay in the caller's thread. */
  readonly #relayed = new Map<number, readonly RelayedSource[]>();

  constructor(outbox: Outbox, called: WorkerEvents<C>['called']) {
    this.#outbox = outbox;
    this.#called = called;
  }

  call(
    parent: Batch<C>,
    { call, position, module, name, args, options, tellAdmitted, flow, sources = [] }: Submit,
  ): void {
    const values = decode(args);
    const relayed = sources.map((_, index) => new RelayedSource(this.#outbox, call, index));
    for (const [index, position] of sources.entries()) values[position] = relayed[index];
    if (relayed.length > 0) this.#relayed.set(call, relayed);
    const task = new Task(internTarget(module, name), values, options);
    const admitted = tellAdmitted ? () => this.#outbox.post({ kind: 'told', told: call }) : undefined;
    let settled = false;
    const handle = this.#called(parent, position, task, options, {
      flow: flow ?? null,
      sources: relayed,
      items: (values) => this.#items(call, values),
      admitted,
      settled: (status, value) => {
        settled = true;
        this.#open.delete(call);
        this.#relayed.delete(call);
        this.#tell(call, status, value);
      },
    });
    if (!settled) this.#open.set(call, handle);
  }

  withdraw({ withdraw, reason, isLeft }: Withdraw): void {
    this.#open.get(withdraw)?.cancel(decodeReason(reason), isLeft);
  }

  supplied(message: Supplied): void {
    this.#relayed.get(message.supplied)?.[message.source]?.supplied(message);
  }

  took({ took }: Took): void {
    this.#open.get(took)?.readOn();
  }

  #items(call: number, values: unknown[]): void {
    this.#outbox.post({ kind: 'told', told: call, items: encode(values) });
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

/** The memory of a result that is a single array moves on: this thread does not use it, and copying a large array twice takes long. */
function ownMemory(value: unknown): Transferable[] {
  const memory = ArrayBuffer.isView(value) ? value.buffer : value;
  if (!(memory instanceof ArrayBuffer)) return [];
  // Other views may show the rest of the memory.
  return ArrayBuffer.isView(value) && value.byteLength < memory.byteLength ? [] : [memory];
}
