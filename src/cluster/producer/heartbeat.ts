import type { ClusterError } from '../../base/errors.ts';
import type { Hosts } from './hosts.ts';
import { judge } from './judge.ts';
import type { RemoteBatch } from './remote-batch.ts';
import { inDoubt, resultLost } from './settle.ts';
import type { RemoteEnd } from './settle.ts';
import type { LifeSign, Transport } from './transport.ts';

const beatMs = 1000;
/** Milliseconds between beats while there is no host, so that the first one gets its first task soon. */
const eagerMs = 200;
/** Milliseconds of silence after which a batch is looked up. */
const quietMs = 2000;
/** Milliseconds between two calls that prolong the keys in Redis. */
const signMs = 10_000;

interface HeartbeatParts {
  batches(): readonly RemoteBatch[];
  busy(): boolean;
  life(): LifeSign;
  /** Redis still has its data, and hosts are known: the engine may send. */
  unharmed(): void;
  noHosts(error: ClusterError): Promise<void>;
  add(batch: RemoteBatch): Promise<void>;
  ended(batch: RemoteBatch, ends: readonly RemoteEnd[]): void;
}

/**
 * Checks, once a second and never twice at a time, what no message tells: which hosts live, whether Redis has lost its data, and how
 * silent batches stand. After a failed beat the next beat checks again.
 */
export class Heartbeat {
  readonly #transport: Transport;
  readonly #hosts: Hosts;
  readonly #parts: HeartbeatParts;
  #timer: NodeJS.Timeout | undefined = undefined;
  #beating = false;
  #again = false;
  #stopped = true;
  #ended = false;
  #signedAt = -Infinity;
  /** Keeps the process alive while there is work: sockets and beats do not. */
  #alive: NodeJS.Timeout | undefined = undefined;

  constructor(transport: Transport, hosts: Hosts, parts: HeartbeatParts) {
    this.#transport = transport;
    this.#hosts = hosts;
    this.#parts = parts;
  }

  start(): void {
    this.#stopped = false;
    this.soon();
  }

  stop(): void {
    this.#stopped = true;
    this.#ended = true;
    clearTimeout(this.#timer);
    clearInterval(this.#alive);
    this.#alive = undefined;
  }

  /** Call this whenever work may have appeared or ended. */
  keepAlive(): void {
    if (this.#ended || !this.#parts.busy()) {
      clearInterval(this.#alive);
      this.#alive = undefined;
    } else this.#alive ??= setInterval(() => {}, 2 ** 30);
  }

  /** Beats now; during a beat, once more after it. */
  soon(): void {
    if (this.#stopped) return;
    if (this.#beating) this.#again = true;
    else void this.#run();
  }

  async #run(): Promise<void> {
    clearTimeout(this.#timer);
    this.#beating = true;
    try {
      await this.#beat();
    } catch {
      // Redis does not answer: `connected` tells so, and the next beat tries again.
      this.#hosts.unheard();
    }
    this.#beating = false;
    // Also after a failed beat: work may have ended without Redis, by a deadline for example.
    this.keepAlive();
    if (this.#stopped) return;
    const delayMs = this.#again ? 0 : this.#hosts.threads === 0 ? eagerMs : beatMs;
    this.#again = false;
    this.#timer = setTimeout(() => void this.#run(), delayMs).unref();
  }

  async #beat(): Promise<void> {
    const open = this.#parts.batches();
    const isIntact = await this.#transport.intact();
    const now = performance.now();
    if (!isIntact) {
      this.#signedAt = -Infinity;
      for (const batch of open) {
        this.#parts.ended(
          batch,
          [...batch.openJobs()].map((job) =>
            inDoubt(job, 'Redis has lost what it had, and a host may have begun'),
          ),
        );
      }
    }
    // Before the first batch is sent: hosts begin no batch whose producer is not alive.
    if (now - this.#signedAt >= signMs) {
      await this.#transport.sign(
        this.#parts.life(),
        open.map(({ id }) => id),
      );
      this.#signedAt = now;
    }
    const problem = this.#hosts.heard(await this.#transport.hosts(), performance.now());
    if (problem !== undefined) await this.#parts.noHosts(problem);
    this.#parts.unharmed();
    if (isIntact) await this.#reconcile(now);
  }

  async #reconcile(now: number): Promise<void> {
    const quiet = this.#parts
      .batches()
      .filter((batch) => !batch.adding && (!batch.acknowledged || now - batch.heardAt > quietMs));
    if (quiet.length === 0) return;
    const facts = await this.#transport.facts(quiet.map(({ id }) => id));
    const allRead = facts.some(({ done }) => done) && (await this.#transport.allRead());
    for (const [index, batch] of quiet.entries()) {
      const fact = facts[index];
      if (fact === undefined || batch.open === 0) continue;
      const verdict = judge(batch.acknowledged, fact, allRead);
      if (verdict === 'add') void this.#parts.add(batch);
      else if (verdict === 'lost') this.#parts.ended(batch, [...batch.openJobs()].map(resultLost));
      else if (verdict === 'doubt') {
        const what = 'Redis has lost a batch that it had acknowledged, and a host may have begun';
        this.#parts.ended(
          batch,
          [...batch.openJobs()].map((job) => inDoubt(job, what)),
        );
      }
    }
  }
}
