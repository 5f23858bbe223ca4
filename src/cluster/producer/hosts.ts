import { ClusterError } from '../../base/errors.ts';
import { queueName } from './queue-name.ts';
import type { HostInfo, Transport } from './transport.ts';

/** Hosts sign every two seconds, and reach Redis within two more when it is back. Milliseconds. */
const comesBackMs = 5000;

/** The live hosts, as last reported, and the callers that wait for the first one. */
export class Hosts {
  readonly #transport: Transport;
  readonly #failAfterMs: number;
  #all: readonly HostInfo[] = [];
  #fit: readonly HostInfo[] = [];
  /** Threads of the hosts that take work. */
  threads = 0;
  /** Since when no host can take work, and since when none is there at all, milliseconds; as far as Redis has answered. */
  #missingSince: number | undefined = undefined;
  #goneSince: number | undefined = undefined;
  #failure: { readonly error: unknown } | undefined = undefined;
  readonly #waiting: { resolve: () => void; reject: (error: unknown) => void }[] = [];

  constructor(transport: Transport, failAfterMs: number) {
    this.#transport = transport;
    this.#failAfterMs = failAfterMs;
  }

  get all(): readonly HostInfo[] {
    return this.#all;
  }

  get fit(): readonly HostInfo[] {
    return this.#fit;
  }

  /** Does a caller wait for the first host? */
  get isAwaited(): boolean {
    return this.#waiting.length > 0;
  }

  /** @returns the error that no host can take work, once that has lasted long enough to report. */
  heard(hosts: readonly HostInfo[], now: number): ClusterError | undefined {
    this.#all = hosts;
    this.#fit = hosts.filter(({ unfit, leaving }) => unfit === undefined && !leaving);
    this.threads = this.#fit.reduce((sum, { threads }) => sum + threads, 0);
    this.#goneSince = hosts.length > 0 ? undefined : (this.#goneSince ?? now);
    if (this.threads > 0) {
      this.#missingSince = undefined;
      for (const { resolve } of this.#waiting.splice(0)) resolve();
      return undefined;
    }
    this.#missingSince ??= now;
    const error = this.#problem(now - this.#missingSince);
    if (error !== undefined) for (const { reject } of this.#waiting.splice(0)) reject(error);
    return error;
  }

  /** Redis could not be asked: hosts may be there all the same, and their life signs may have expired meanwhile. */
  unheard(): void {
    this.#missingSince = this.#goneSince = undefined;
  }

  /** Is no host there, not even one that is unfit or about to leave, and for so long that none will come back? */
  areGone(now: number): boolean {
    return this.#goneSince !== undefined && now - this.#goneSince >= comesBackMs;
  }

  ready(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    if (this.threads > 0) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** No host will come: rejects the waiting callers. */
  failed(error: unknown): void {
    this.#failure ??= { error };
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  #problem(missingMs: number): ClusterError | undefined {
    const { queue, release, place } = this.#transport;
    const name = queueName(this.#transport);
    const unfit = this.#all.find((host) => host.unfit !== undefined);
    // A host that is being replaced may be unfit for a moment.
    if (unfit !== undefined && missingMs >= 2000) {
      const message = `no host of ${name} can be used: ${unfit.machine}:${unfit.pid} ${unfit.unfit}`;
      return new ClusterError(message, { redis: place, queue, code: 'ERR_MILLRACE_CLUSTER_UNFIT' });
    }
    if (missingMs < this.#failAfterMs) return undefined;
    const option = release === undefined ? '' : ` --release ${release}`;
    const remedy = `start one with millrace worker --queue ${queue}${option}`;
    const message = `${name} has had no host for ${this.#failAfterMs} ms: ${remedy}`;
    return new ClusterError(message, { redis: place, queue, code: 'ERR_MILLRACE_CLUSTER_NO_HOSTS' });
  }
}
