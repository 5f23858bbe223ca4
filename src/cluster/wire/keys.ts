/*
 * Every key of a queue begins with `{mr:NAME}`, which is also BullMQ's prefix: so all of them lie in one slot of a Redis Cluster. All of
 * Millrace's own keys expire, except `epoch`.
 */

/** BullMQ's name of the queue, below the prefix. */
export const bullQueue = 'batches';

/** The keys and channels of one queue. */
export interface Keys {
  readonly prefix: string;
  /** A random value, set once. If it changes, Redis has lost its data. The only key that never expires. */
  readonly epoch: string;
  /** Sorted set of live hosts, by the time of their latest life sign on Redis' clock. */
  readonly hosts: string;
  /** The same of producers. */
  readonly producers: string;
  /** Channel of cancellations. */
  readonly control: string;
  /** Channel on which hosts publish frames while an inspector watches. */
  readonly frames: string;
  /** Life sign of a host. */
  readonly host: (id: string) => string;
  /** Life sign of a producer. */
  readonly producer: (id: string) => string;
  /**
   * Hash of a batch: `p` producer, `t` tasks, `k` key of the seal, `n` number of begins, `f` fence of the latest begin, `o` watermark
   * before that begin, `w` watermark now, `a` answered positions as bits, `c` cancelled positions, `done` if all are answered;
   * `s` and a position: the request to stop its task.
   */
  readonly batch: (id: string) => string;
  /** BullMQ's job of a batch, until the batch is done. */
  readonly job: (id: string) => string;
  /** BullMQ's list of the batches that it has handed out to hosts. */
  readonly active: string;
  /** Stream of a producer's replies. */
  readonly replies: (producer: string) => string;
  /** List of the parts of a large value. */
  readonly value: (id: string) => string;
}

/** @param release becomes part of the name, so that each release has its own queue: hosts of an old release drain the old one. */
export function keysOf(queue: string, release: string | undefined): Keys {
  const prefix = `{mr:${release === undefined ? queue : `${queue}@${release}`}}`;
  return {
    prefix,
    epoch: `${prefix}:epoch`,
    hosts: `${prefix}:hosts`,
    producers: `${prefix}:producers`,
    control: `${prefix}:ctl`,
    frames: `${prefix}:frames`,
    host: (id) => `${prefix}:host:${id}`,
    producer: (id) => `${prefix}:prod:${id}`,
    batch: (id) => `${prefix}:b:${id}`,
    job: (id) => `${prefix}:${bullQueue}:${id}`,
    active: `${prefix}:${bullQueue}:active`,
    replies: (producer) => `${prefix}:r:${producer}`,
    value: (id) => `${prefix}:v:${id}`,
  };
}

/** Milliseconds after which Redis drops a key unless its owner renews it. */
export const lifetimes = {
  /** An open batch. Each begin and each reply renew it, and its producer does. */
  openBatch: 3_600_000,
  doneBatch: 300_000,
  replies: 300_000,
  value: 300_000,
  host: 10_000,
  producer: 60_000,
} as const;
