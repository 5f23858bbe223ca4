import { decodeCalls } from '../../../src/cluster/wire/batch-wire.ts';
import type { RemoteCall } from '../../../src/cluster/wire/batch-wire.ts';
import type { RemoteOutcome, Reply } from '../../../src/cluster/wire/reply-wire.ts';
import type {
  BatchFacts,
  CancelAnswer,
  HostInfo,
  OutgoingBatch,
  Transport,
  TransportEvents,
} from '../../../src/cluster/producer/transport.ts';

/** What a faulty world does, and how often: probabilities from 0 to 1. */
export interface Faults {
  /** A command fails, and was not done. */
  readonly refuse: number;
  /** A command fails, and was done all the same. */
  readonly lose: number;
  /** A reply comes twice. */
  readonly double: number;
  /** A reply is late, and others overtake it. */
  readonly late: number;
  /** A reply is deleted by others before it is read. */
  readonly trim: number;
  /** A host stands still in the midst of a batch, for longer than its lock. */
  readonly freeze: number;
  /** A host dies in the midst of a batch. */
  readonly die: number;
  /** Redis loses everything, once in so many beats. */
  readonly empty: number;
}

interface Batch {
  readonly id: string;
  readonly calls: readonly RemoteCall[];
  queued: boolean;
  held: boolean;
  done: boolean;
  fence: number;
  watermark: number;
  readonly answered: Set<number>;
  readonly cancelled: Set<number>;
}

const lockMs = 15_000;

/** Redis and two hosts in memory, with a clock of the test's, where what can go wrong does. Tasks have their number as argument. */
export class FakeCluster implements Transport {
  readonly place = 'fake:6379/0';
  readonly queue = 'fake';
  /** How often each task has begun. */
  readonly begins = new Map<number, number>();
  faults: Partial<Faults>;
  threads = 2;
  readonly #random: () => number;
  #batches = new Map<string, Batch>();
  #events: TransportEvents | undefined;
  #epochChanged = false;
  #fences = 0;
  /** Replies on their way. */
  #unread = 0;
  closed = false;

  constructor(random: () => number, faults: Partial<Faults>) {
    this.#random = random;
    this.faults = faults;
  }

  open(events: TransportEvents): Promise<void> {
    this.#events = events;
    return Promise.resolve();
  }

  async add({ id, payload }: OutgoingBatch): Promise<void> {
    await this.#way('refuse');
    const known = this.#batches.get(id);
    if (known === undefined) {
      const { calls } = decodeCalls(payload);
      const fresh = { queued: true, held: false, done: false, fence: 0, watermark: 0 };
      const batch = { id, calls, ...fresh, answered: new Set<number>(), cancelled: new Set<number>() };
      this.#batches.set(id, batch);
      this.#offer(batch);
    } else if (!known.queued && !known.held && !known.done) {
      known.queued = true;
      this.#offer(known);
    }
    await this.#way('lose');
  }

  async cancel(id: string, mode: 'cancel' | 'recall', positions: readonly number[]): Promise<CancelAnswer[]> {
    await this.#way('refuse');
    const batch = this.#batches.get(id);
    const answers = positions.map((position): CancelAnswer => {
      if (batch === undefined) return 'unknown';
      if (batch.done || batch.answered.has(position)) return 'done';
      const answer = position >= batch.watermark ? 'unbegun' : 'begun';
      if (answer === 'unbegun' || mode === 'cancel') batch.cancelled.add(position);
      return answer;
    });
    await this.#way('lose');
    return answers;
  }

  stop(): void {}

  async hosts(): Promise<HostInfo[]> {
    await this.#way('refuse');
    if (this.threads === 0) return [];
    const modules = { 'fake/work.js': '' };
    const host = { id: 'h', machine: 'fake', pid: 1, threads: this.threads, release: undefined, node: '20' };
    return [{ ...host, modules, heardAgoMs: 0, leaving: false, unfit: undefined }];
  }

  async facts(ids: readonly string[]): Promise<BatchFacts[]> {
    await this.#way('refuse');
    return ids.map((id) => {
      const batch = this.#batches.get(id);
      const { queued = false, held = false, done = false } = batch ?? {};
      return { known: batch !== undefined, done, queued: queued || held };
    });
  }

  async intact(): Promise<boolean> {
    await this.#way('refuse');
    if (this.#chance('empty')) {
      this.#batches = new Map();
      this.#epochChanged = true;
    }
    const isIntact = !this.#epochChanged;
    this.#epochChanged = false;
    return isIntact;
  }

  async allRead(): Promise<boolean> {
    await this.#way('refuse');
    return this.#unread === 0;
  }

  sign(): Promise<void> {
    return this.#way('refuse');
  }

  goodbye(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.closed = true;
  }

  #chance(fault: keyof Faults): boolean {
    return this.#random() < (this.faults[fault] ?? 0);
  }

  /** There, or back again: takes time, and may fail. */
  async #way(fault: keyof Faults): Promise<void> {
    await pause(this.#random() * 3);
    if (this.#chance(fault)) throw new Error('the connection was lost');
  }

  /** BullMQ gives it to a host. */
  #offer(batch: Batch): void {
    setTimeout(() => {
      if (!batch.queued) return;
      batch.queued = false;
      batch.held = true;
      void this.#host(batch);
    }, this.#random() * 20);
  }

  /** Its host is gone, or seems to be: BullMQ gives it to another one. */
  #stalled(batch: Batch): void {
    setTimeout(() => {
      batch.held = false;
      if (batch.done || !this.#batches.has(batch.id)) return;
      batch.queued = true;
      this.#offer(batch);
    }, lockMs);
  }

  async #host(batch: Batch): Promise<void> {
    await pause(this.#random() * 3);
    if (this.#batches.get(batch.id) !== batch || batch.done) {
      batch.held = false;
      return;
    }
    const fence = (batch.fence = ++this.#fences);
    const doubtful = Array.from({ length: batch.watermark }, (_, at) => at).filter(
      (at) => !batch.answered.has(at),
    );
    let reply: Partial<Reply> = { doubtful };
    let answered = new Set([...batch.answered, ...doubtful]);
    let next = batch.watermark;
    for (;;) {
      const upTo = Math.min(batch.calls.length, next + 1 + Math.floor(this.#random() * 4));
      const last = next >= batch.calls.length;
      if (!this.#reply(batch, fence, { ...reply }, answered, upTo, last)) break;
      if (last) break;
      const outcomes: RemoteOutcome[] = [];
      const returned: number[] = [];
      answered = new Set(answered);
      // As it was told with the reply.
      const cancelled = new Set(batch.cancelled);
      for (; next < upTo; next++) {
        answered.add(next);
        if (cancelled.has(next)) returned.push(next);
        else outcomes.push(await this.#run(batch.calls[next] as RemoteCall, next));
        if (this.#chance('die')) return this.#stalled(batch);
        if (this.#chance('freeze')) {
          this.#stalled(batch);
          await pause(2 * lockMs);
        }
      }
      reply = { outcomes, returned };
    }
    batch.held = false;
  }

  async #run(call: RemoteCall, position: number): Promise<RemoteOutcome> {
    const [id] = call.args as [number];
    this.begins.set(id, (this.begins.get(id) ?? 0) + 1);
    const ms = 1 + this.#random() * 5;
    await pause(ms);
    return { position, beganAgoMs: ms, endedAgoMs: 0, status: 'fulfilled', value: id };
  }

  #reply(
    batch: Batch,
    fence: number,
    reply: Partial<Reply>,
    answered: ReadonlySet<number>,
    upTo: number,
    last: boolean,
  ): boolean {
    if (this.#batches.get(batch.id) !== batch || batch.fence !== fence || batch.done) return false;
    for (const position of answered) batch.answered.add(position);
    batch.watermark = Math.max(batch.watermark, upTo);
    if (last) batch.done = true;
    if (this.#chance('trim')) return true;
    const whole: Reply = {
      host: 'fake:1',
      outcomes: [],
      began: [],
      offThread: [],
      reports: [],
      doubtful: [],
      returned: [],
      ...reply,
    };
    for (let copies = this.#chance('double') ? 2 : 1; copies > 0; copies--) {
      this.#unread++;
      const delayMs = this.#chance('late') ? this.#random() * 5000 : this.#random() * 3;
      setTimeout(() => {
        this.#unread--;
        this.#events?.replied(batch.id, whole);
      }, delayMs);
    }
    return true;
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
