import type { Claim, Delivery } from '../scheduler/backend.ts';
import type { MessagePort } from 'node:worker_threads';
import type { Job } from '../scheduler/job.ts';
import { claim } from './claims.ts';
import type { Claims } from './claims.ts';
import { encodeReason } from './error-codec.ts';
import type { Batch, Stop } from './wire.ts';

const names: Record<number, Claim> = {
  [claim.sent]: 'sent',
  [claim.running]: 'running',
  [claim.stopping]: 'running',
  [claim.finished]: 'finished',
  [claim.taken]: 'taken',
};

/**
 * A batch on its way, and the claim word of each of its jobs:
 *
 * ```
 * sent ──worker──→ running ──worker──→ finished
 *   │                 └──main──→ stopping ──worker──→ finished
 *   └──main──→ taken
 * ```
 * Both sides move a word on by compare-and-swap, so a job is either claimed or taken back, and never both.
 */
export class ThreadDelivery implements Delivery {
  readonly jobs: readonly Job[];
  /** Counts up in each worker. */
  readonly id: number;
  /** Index of its first claim word. */
  readonly base: number;
  readonly #claims: Claims;
  readonly #port: MessagePort;
  answered = 0;
  taken = 0;
  brief = false;
  /** Targets that the worker learns from it. */
  targets: Batch['targets'];

  constructor(id: number, jobs: readonly Job[], base: number, claims: Claims, port: MessagePort) {
    this.id = id;
    this.jobs = jobs;
    this.base = base;
    this.#claims = claims;
    this.#port = port;
    claims.words.fill(claim.sent, base, base + jobs.length);
  }

  claim(position: number): Claim {
    return names[Atomics.load(this.#claims.words, this.base + position)] ?? 'finished';
  }

  takeBack(position: number): boolean {
    return this.#swap(position, claim.sent, claim.taken);
  }

  askToStop(position: number, reason: unknown): boolean {
    if (!this.#swap(position, claim.running, claim.stopping)) return false;
    this.#port.postMessage({ stop: this.id, position, reason: encodeReason(reason) } satisfies Stop);
    return true;
  }

  startedAt(position: number): number {
    return this.#claims.startedAt[this.base + position] as number;
  }

  endedAt(position: number): number {
    return this.#claims.endedAt[this.base + position] as number;
  }

  #swap(position: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.#claims.words, this.base + position, from, to) === from;
  }
}
