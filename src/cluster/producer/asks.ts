import type { Job } from '../../scheduler/job/job.ts';
import type { RemoteBatch } from './remote-batch.ts';
import type { CancelAnswer, Transport } from './transport.ts';

/** A question about a cancelled job: will it run? */
export interface Ask {
  readonly job: Job;
  readonly batch: RemoteBatch;
  readonly position: number;
  readonly mode: 'cancel' | 'recall';
  readonly answered: (answer: CancelAnswer) => void;
}

/** Asks Redis whether cancelled jobs will run, one message per batch, and repeats the question until Redis answers. */
export class Asks {
  readonly #transport: Transport;
  readonly #waiting = new Set<Ask>();
  #due = false;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  ask(question: Ask): void {
    this.#waiting.add(question);
    this.askSoon();
  }

  askSoon(): void {
    if (this.#due || this.#waiting.size === 0) return;
    this.#due = true;
    setImmediate(() => {
      this.#due = false;
      void this.#askAll();
    });
  }

  async #askAll(): Promise<void> {
    const groups = new Map<string, Ask[]>();
    for (const ask of this.#waiting) {
      // The job has been answered meanwhile.
      if (ask.job.batch !== ask.batch) this.#waiting.delete(ask);
      else {
        const key = `${ask.mode} ${ask.batch.id}`;
        const group = groups.get(key);
        if (group === undefined) groups.set(key, [ask]);
        else group.push(ask);
      }
    }
    for (const group of groups.values()) for (const ask of group) this.#waiting.delete(ask);
    await Promise.all([...groups.values()].map((group) => this.#askGroup(group)));
  }

  async #askGroup(group: readonly Ask[]): Promise<void> {
    const [{ batch, mode }] = group as readonly [Ask];
    let answers: CancelAnswer[];
    try {
      answers = await this.#transport.cancel(
        batch.id,
        mode,
        group.map(({ position }) => position),
      );
    } catch {
      // The next beat asks again.
      for (const ask of group) this.#waiting.add(ask);
      return;
    }
    for (const [index, { answered }] of group.entries()) answered(answers[index] ?? 'unknown');
  }
}
