import { Bits } from '../wire/bits.ts';
import type { RemoteOutcome, Reply } from '../wire/reply-wire.ts';

type Told = Pick<Reply, 'outcomes' | 'returned' | 'doubtful' | 'reports'>;

/** The next reply to the producer of a batch. Tells each position once, in one of four ways. */
export class NextReply {
  readonly #answered: Bits;
  #left: number;
  #outcomes: RemoteOutcome[] = [];
  #returned: number[] = [];
  #doubtful: number[] = [];
  #reports: [number, unknown][] = [];

  constructor(positions: number) {
    this.#answered = new Bits(positions);
    this.#left = positions;
  }

  /** Does this reply complete the batch? */
  get isLast(): boolean {
    return this.#left === 0;
  }

  /** Number of positions and reports in it. */
  get size(): number {
    return this.#outcomes.length + this.#returned.length + this.#doubtful.length + this.#reports.length;
  }

  /** The positions told so far, this reply included, for a host that takes the batch over. */
  get answered(): Buffer {
    return Buffer.from(this.#answered.bytes);
  }

  /** Another host has told this position. */
  known(position: number): void {
    this.#answered.add(position);
    this.#left--;
  }

  ended(outcome: RemoteOutcome): void {
    this.#outcomes.push(outcome);
    this.known(outcome.position);
  }

  /** No host has begun this position. */
  returned(position: number): void {
    this.#returned.push(position);
    this.known(position);
  }

  /** Another host may have begun this position, and its outcome is lost. */
  doubtful(position: number): void {
    this.#doubtful.push(position);
    this.known(position);
  }

  /** Adds reports of jobs that have ended since. */
  reported(reports: readonly [position: number, value: unknown][]): void {
    this.#reports.push(...reports);
  }

  /** Returns the reply, and begins the next one. */
  take(): Told {
    return {
      outcomes: this.#outcomes.splice(0),
      returned: this.#returned.splice(0),
      doubtful: this.#doubtful.splice(0),
      reports: this.#reports.splice(0),
    };
  }
}
