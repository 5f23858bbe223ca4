import { AsyncResource } from 'node:async_hooks';
import type { MessagePort } from 'node:worker_threads';
import { noWindows, windowsOf } from '../../../tasks/iterate-options.ts';
import { PulledSource } from '../../../tasks/pulled-source.ts';
import { sourcePositions } from '../../../tasks/sources.ts';
import type { TaskOptions } from '../../../tasks/task-options.ts';
import { isolated } from '../isolation/isolated.ts';
import { ItemSender } from '../../items/item-sender.ts';
import { returned } from '../../items/returned.ts';
import { Slices } from '../../items/slices.ts';
import { encodeReason } from '../../wire/error-codec.ts';
import type { Draw, SourceEnd, Supplied } from '../../wire/source-messages.ts';

/** A source that a task has passed to a child task: pulled in this thread, in the context of the task that passed it. */
export class Supply {
  readonly #port: MessagePort;
  readonly #call: number;
  readonly #index: number;
  readonly #source: PulledSource;
  readonly #context = new AsyncResource('MillraceSource');
  #sender: ItemSender | null = null;
  #isOver = false;

  constructor(port: MessagePort, call: number, index: number, source: AsyncIterable<unknown>) {
    this.#port = port;
    this.#call = call;
    this.#index = index;
    this.#source = new PulledSource(source);
  }

  draw({ credits, isLeft }: Draw): void {
    if (isLeft === true) this.end();
    else if (credits === undefined) this.#sender?.goOn();
    else if (this.#sender === null && !this.#isOver)
      this.#context.runInAsyncScope(() => void this.#run(credits));
  }

  /** Ends the source. Errors are dropped: the task that would see them has ended. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#sender?.goOn();
    this.#context.runInAsyncScope(() => void this.#close().catch(() => {}));
  }

  async #run(credits: SharedArrayBuffer): Promise<void> {
    const slices = new Slices();
    this.#sender = new ItemSender(
      {
        post: (values, extras, transfer) =>
          this.#port.postMessage(this.#message(values, { extras }), transfer),
        isStopped: () => this.#isOver,
        untilRead: (read) => read,
        leaves: (isLast) => (isLast ? 'now' : 'soon'),
        pause: (nowMs) => slices.pause(nowMs),
      },
      { ...windowsOf(noWindows), credits },
    );
    let end: SourceEnd;
    try {
      end = returned(await this.#sender.run(this.#source));
    } catch (error) {
      end = { reason: encodeReason(error) };
    }
    if (!this.#isOver) this.#port.postMessage(this.#message([], { end }));
    this.#isOver = true;
  }

  async #close(): Promise<void> {
    await this.#source.return();
  }

  #message(values: unknown[], more: Partial<Supplied>): Supplied {
    return { kind: 'supplied', supplied: this.#call, source: this.#index, values, ...more };
  }
}

/** The sources that a task has passed to child tasks, by call number. */
export class Supplies {
  readonly #byCall: Map<number, readonly Supply[]> = isolated(
    new Map<number, readonly Supply[]>(),
    'get',
    'set',
    'delete',
    'forEach',
  );

  add(call: number, supplies: readonly Supply[]): void {
    this.#byCall.set(call, supplies);
  }

  draw(message: Draw): void {
    this.#byCall.get(message.draw)?.[message.source]?.draw(message);
  }

  /** The task of this call has settled. */
  end(call: number): void {
    const supplies = this.#byCall.get(call);
    this.#byCall.delete(call);
    for (const supply of supplies ?? []) supply.end();
  }

  endAll(): void {
    this.#byCall.forEach((_, call) => this.end(call));
  }
}

/** Ends the sources of a task that was refused before it was sent. */
export function endSources(args: readonly unknown[], transfer: TaskOptions['transfer']): void {
  for (const position of sourcePositions(args, transfer) ?? []) {
    const source = new PulledSource(args[position] as AsyncIterable<unknown>);
    // Errors are dropped: the caller has one already.
    const close = async () => source.return();
    close().catch(() => {});
  }
}
