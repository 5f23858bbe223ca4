import type { Vegas } from '../../src/flow/vegas.ts';

/** A service with known capacity: `servers` calls are worked on at a time, the others queue, first come first served. */
export interface ServerModel {
  servers: number;
  /** How long it works on one call. */
  serviceMs(): number;
}

export interface Run {
  readonly callsPerSecond: number;
  readonly meanMs: number;
  /** The limit after each call. */
  readonly limits: readonly number[];
}

/**
 * Clients with no end of calls to make, held back by the limit only. A simulation with events in order of time: no clock, no
 * timer. `demand` bounds the clients.
 */
export function simulate(vegas: Vegas, server: ServerModel, calls: number, demand = Infinity): Run {
  /** When each server is free; what is in flight, by the time when it ends. */
  const ends: { at: number; startedAt: number }[] = [];
  const freeAt: number[] = [];
  const limits: number[] = [];
  let now = 0;
  let sumMs = 0;
  const start = () => {
    freeAt.length = Math.min(freeAt.length, server.servers);
    while (freeAt.length < server.servers) freeAt.push(now);
    const soonest = freeAt.indexOf(Math.min(...freeAt));
    const at = Math.max(now, freeAt[soonest] as number) + server.serviceMs();
    freeAt[soonest] = at;
    ends.push({ at, startedAt: now });
  };
  for (let done = 0; done < calls; done++) {
    while (ends.length < Math.min(vegas.limit, demand)) start();
    const next = ends.reduce((first, each) => (each.at < first.at ? each : first));
    const inFlight = ends.length;
    ends.splice(ends.indexOf(next), 1);
    now = next.at;
    sumMs += now - next.startedAt;
    vegas.sample(now - next.startedAt, inFlight);
    limits.push(vegas.limit);
  }
  return { callsPerSecond: (calls / now) * 1000, meanMs: sumMs / calls, limits };
}

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32, by Tommy Ettinger). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
