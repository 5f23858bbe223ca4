import type { Figures, Measurement } from '../../../src/cli/tune/figures.ts';

/** A system with a known knee: `servers` work, each for `service`, and between two tasks of a client lies `handOver`. */
export interface System {
  readonly servers: number;
  readonly service: number;
  readonly handOver: number;
}

/** Its throughput by the asymptotic bounds of Denning and Buzen, which deterministic times reach. */
export function throughput({ servers, service, handOver }: System, outstanding: number): number {
  return Math.min(outstanding / (service + handOver), servers / service);
}

/** Where the two bounds meet. */
export const kneeOf = ({ servers, service, handOver }: System): number => servers * (1 + handOver / service);

export function measurement(perSecond: number, outstanding = 1): Measurement {
  const latencyMs = (outstanding / perSecond) * 1000;
  return { perSecond, p50Ms: latencyMs, p99Ms: latencyMs, cpus: 1, mainThread: 0.1 };
}

export function figures(
  workers: number,
  outstanding: number,
  perSecond: number,
  more: Partial<Figures> = {},
): Figures {
  return { ...measurement(perSecond, outstanding), workers, outstanding, spread: 0, ...more };
}

/** Normally distributed around 1, the same for the same seed. (Numerical Recipes' generator, and Box and Muller.) */
export function noise(seed: number, deviation: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return () =>
    Math.max(0.3, 1 + deviation * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()));
}
