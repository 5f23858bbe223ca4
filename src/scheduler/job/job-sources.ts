import { PulledSource } from '../../tasks/pulled-source.ts';
import { show } from '../../base/options.ts';
import { warn } from '../../base/warn.ts';
import { noWindows, windowsOf } from '../../tasks/iterate-options.ts';
import type { SourceFeed } from '../dispatch/backend.ts';
import type { Transitions } from '../transitions.ts';
import type { Job, JobOwner } from './job.ts';
import type { Sources } from './job-parts.ts';
import { producerOf } from './producers.ts';
import type { Producer } from './producers.ts';

interface Entry {
  readonly source: PulledSource;
  readonly window: number;
  readonly windowBytes: number;
  feed: SourceFeed | null;
}

/**
 * The arguments of a job that its task reads item by item. Pulling them runs user code, so it happens only when the books are in
 * order.
 *
 * ```
 * unopened ──the task begins to read──→ pulled ──→ over       each source ends once, at the latest with the job
 *    └──────────────────────────────────────────────↑
 * ```
 */
export class JobSources implements Sources<Job> {
  /** The job's arguments, with `undefined` in place of each source. */
  readonly args: readonly unknown[];
  readonly positions: readonly number[];
  readonly producers: readonly Job[];
  readonly #transitions: Transitions;
  readonly #entries: readonly Entry[];
  readonly #own: readonly Producer[];
  #pulled = false;
  #ended: { readonly reason: unknown } | null = null;

  constructor(args: readonly unknown[], positions: readonly number[], owner: JobOwner) {
    this.positions = positions;
    this.args = args.map((value, position) => (positions.includes(position) ? undefined : value));
    this.#transitions = owner.transitions;
    const own: Producer[] = [];
    this.#entries = positions.map((position) => {
      const source = args[position] as AsyncIterable<unknown>;
      const producer = producerOf(source);
      if (producer !== undefined && (producer.owner ?? owner) === owner) own.push(producer);
      const { window, windowBytes } = producer ?? windowsOf(noWindows);
      return { source: new PulledSource(source, producer?.steps ?? null), window, windowBytes, feed: null };
    });
    this.#own = own;
    this.producers = own.flatMap(({ jobs }) => [...jobs]);
  }

  get fromTasks(): boolean {
    return this.#own.length > 0;
  }

  get pulled(): boolean {
    return this.#pulled;
  }

  readBy(reader: Job): void {
    for (const { asParent } of this.producers) if (asParent !== null) asParent.reader = reader;
    for (const producer of this.#own) producer.readBy?.(reader);
  }

  opened(index: number, feed: SourceFeed, tell: (news: () => void) => void): void {
    const entry = this.#entries[index];
    if (entry === undefined || entry.feed !== null) return;
    this.#pulled = true;
    entry.feed = feed;
    const pull = () => {
      if (this.#ended === null) feed.pull(entry.source, entry, tell);
      else feed.end(this.#ended.reason, tell);
    };
    this.#transitions.tell({ tell: pull });
  }

  left(index: number): void {
    const entry = this.#entries[index];
    if (entry === undefined) return;
    this.#transitions.tell({
      tell: () => {
        entry.feed?.stop();
        close(entry.source);
      },
    });
  }

  end(reason: unknown, tell: (news: () => void) => void): void {
    if (this.#ended !== null) return;
    this.#ended = { reason };
    this.#transitions.tell({
      tell: () => {
        for (const { source, feed } of this.#entries) {
          feed?.end(reason, tell);
          close(source);
        }
      },
    });
  }
}

/** Reports an error of a source's clean-up, for which nothing waits. */
function warnOfSource(error: unknown): void {
  warn('MillraceSourceWarning', `a source failed while it was closed: ${show(error)}`);
}

function close(source: PulledSource): void {
  try {
    Promise.resolve(source.return()).catch(warnOfSource);
  } catch (error) {
    warnOfSource(error);
  }
}
