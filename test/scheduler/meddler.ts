import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect } from 'vitest';
import fc from '../support/fast-check.ts';
import type { BatchAnswerMessage } from '../../src/scheduler/dispatch/batch-diagnostics.ts';
import type { ShutdownMode } from '../../src/scheduler/lifecycle.ts';
import type { TaskStream } from '../../src/executor/task-stream.ts';
import type { Task } from '../../src/tasks/task.ts';
import { acting, uncloneable } from './fake-backend.ts';
import { Bystanders } from './bystanders.ts';
import { books } from './laws.ts';
import type { Ground } from './laws.ts';
import { makeTask } from './make-job.ts';

type Plain = 'nothing' | 'cancel' | 'abort' | 'listen' | 'pull' | 'leave' | 'iterate' | 'read' | 'leaveItems';
/** What it does around the executor: methods of `Bystanders`. */
const around = ['wait', 'loop', 'buffer', 'progress', 'acquire', 'pipe', 'admit', 'leave'] as const;

/** What a callback does, whichever it is; the index is taken modulo what there is. */
export type Deed =
  | {
      readonly do: 'submit' | 'trySubmit';
      readonly at: number;
      readonly arg: 'none' | 'acts' | 'uncloneable';
    }
  | { readonly do: Plain | (typeof around)[number]; readonly at: number }
  | { readonly do: 'shutdown'; readonly mode: ShutdownMode };

const at = fc.nat(30);
export const deeds: fc.Arbitrary<Deed[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constantFrom('submit' as const, 'trySubmit' as const),
        at,
        arg: fc.constantFrom('none' as const, 'acts' as const, 'acts' as const, 'uncloneable' as const),
      }),
    },
    {
      weight: 10,
      arbitrary: fc.record({
        do: fc.constantFrom(
          ...([
            'nothing',
            'nothing',
            'cancel',
            'cancel',
            'abort',
            'listen',
            'pull',
            'pull',
            'leave',
            'iterate',
            'read',
            'read',
            'leaveItems',
          ] as const),
        ),
        at,
      }),
    },
    { weight: 10, arbitrary: fc.record({ do: fc.constantFrom(...around), at }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('shutdown' as const),
        mode: fc.constantFrom('drain' as const, 'cancel' as const, 'kill' as const),
      }),
    },
  ),
  { maxLength: 60, size: 'max' },
);

const channels = ['task:submit', 'task:start', 'task:settle', 'task:refuse', 'gate:refuse'] as const;

/**
 * The code of users wherever the package calls it: subscribers, getters, sources, readers. Each time it is called it checks
 * the books, and does the next deed of its list.
 */
export class Meddler {
  readonly #ground: Ground;
  readonly #deeds: Deed[];
  readonly #streams: TaskStream<unknown>[] = [];
  readonly bystanders: Bystanders;
  readonly #listening = new Set<string>();
  #violation: { readonly error: unknown } | null = null;
  readonly #act = (): void => this.act();
  readonly #answered = (message: unknown): void => {
    const { batch, from, to } = message as BatchAnswerMessage;
    try {
      for (let position = from; position < to && batch.allRan; position++)
        expect(batch.ran(position), 'allRan').toBe(true);
    } catch (error) {
      this.#violation ??= { error };
    }
    this.act();
  };

  constructor(ground: Ground, list: readonly Deed[]) {
    this.#ground = ground;
    this.#deeds = [...list];
    this.bystanders = new Bystanders(ground, this.#act);
    ground.harness.backend.acts = this.#act;
    for (const name of channels) this.#listen(name);
    subscribe('millrace:batch:answer', this.#answered);
  }

  act(): void {
    try {
      books(this.#ground);
      const deed = this.#deeds.shift();
      if (deed !== undefined) this.#do(deed);
      books(this.#ground);
    } catch (error) {
      // Whoever calls this may keep what it throws.
      this.#violation ??= { error };
    }
  }

  check(): void {
    if (this.#violation !== null) throw this.#violation.error;
  }

  /** Nothing more is done. */
  stop(): void {
    this.#deeds.length = 0;
    for (const stream of this.#streams) void stream.return();
    this.bystanders.finish();
    unsubscribe('millrace:batch:answer', this.#answered);
    for (const name of this.#listening) unsubscribe(`millrace:${name}`, this.#act);
  }

  #do(deed: Deed): void {
    const { scheduler } = this.#ground.harness;
    if (deed.do === 'submit' || deed.do === 'trySubmit') {
      const args = { none: [], acts: [acting(this.#act)], uncloneable: [acting(this.#act), uncloneable] };
      const options = deed.at % 4 === 0 ? { signal: this.#ground.controller(deed.at % 2).signal } : {};
      this.#ground.submit(deed.do, { priority: deed.at % 3, ...options }, args[deed.arg]);
    } else if (deed.do === 'cancel') this.#ground.cancelAny(deed.at, () => this.act());
    else if (deed.do === 'abort') this.#ground.abort(deed.at);
    else if (deed.do === 'shutdown') this.#ground.shutdown(deed.mode);
    else if (deed.do === 'listen') this.#listen(channels[deed.at % channels.length] as string);
    else if (deed.do === 'pull') this.#pull(deed.at);
    else if (deed.do === 'iterate') this.#iterate(deed.at);
    else if (deed.do === 'read') this.#ground.readers.read(deed.at, this.#act);
    else if (deed.do === 'leaveItems') this.#ground.readers.leave(deed.at, this.#act);
    else if (deed.do === 'leave') {
      this.bystanders.leave(deed.at);
      void this.#streams[deed.at % this.#streams.length]?.return().catch(() => {});
    } else if (deed.do !== 'nothing') this.bystanders[deed.do](deed.at);
    scheduler.forecast();
  }

  #iterate(at: number): void {
    const args = at % 3 === 0 ? [acting(this.#act)] : [];
    const options = at % 4 === 0 ? { signal: this.#ground.controller(at % 2).signal } : {};
    this.#ground.readers.open((at % 3) + 1, at % 2, options, args);
  }

  /** Begins to listen, or stops. */
  #listen(name: string): void {
    if (this.#listening.delete(name)) unsubscribe(`millrace:${name}`, this.#act);
    else {
      this.#listening.add(name);
      subscribe(`millrace:${name}`, this.#act);
    }
  }

  #pull(index: number): void {
    const { harness } = this.#ground;
    if (this.#streams.length < 3) {
      const next = (): IteratorResult<Task<unknown>, undefined> => {
        this.act();
        return { done: false, value: makeTask('f0', {}, index % 2 === 0 ? [] : [acting(this.#act)]) };
      };
      const end = (): IteratorResult<Task<unknown>, undefined> => {
        this.act();
        return { done: true, value: undefined };
      };
      const source = { [Symbol.iterator]: () => ({ next, return: end }) };
      this.#streams.push(harness.stream(source, { window: 2 }));
    }
    const stream = this.#streams[index % this.#streams.length] as TaskStream<unknown>;
    stream.next().then(
      () => this.act(),
      () => this.act(),
    );
  }
}
