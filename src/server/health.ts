import { insideOf } from '../executor/inside.ts';
import { OverloadGate } from './overload-gate.ts';

export interface Health {
  /** `'starting'` until every thread is up; `'failed'` if a thread can't start, or the executor was shut down. */
  readonly status: 'starting' | 'ready' | 'overloaded' | 'closing' | 'failed';
  /** The status as an HTTP status code: 200 while requests should be sent here, 503 otherwise. */
  readonly statusCode: 200 | 503;
}

/**
 * Tells a load balancer whether to send requests here.
 *
 * Overload is reported, but with 200: if an overloaded server were taken out, the others would get its load on top of theirs, and fail
 * one after the other (Site Reliability Engineering, chapter 22, "Process Health Checking and Service Health Checking").
 */
export class HealthCheck {
  readonly #gate: OverloadGate;
  #started: 'starting' | 'ready' | 'failed' = 'starting';

  /** @throws {InvalidOptionError} for anything that is not a gate. */
  constructor(gate: OverloadGate) {
    this.#gate = OverloadGate.check(gate);
    this.#watch();
  }

  /** The present state. Each call also checks anew whether threads can start, for the next call. */
  readiness(): Health {
    if (this.#gate.closing) return { status: 'closing', statusCode: 503 };
    this.#watch();
    if (this.#started !== 'ready') return { status: this.#started, statusCode: 503 };
    return { status: this.isOverloaded() ? 'overloaded' : 'ready', statusCode: 200 };
  }

  /** Would a request of the class `'normal'` with the gate's whole deadline be refused? */
  isOverloaded(): boolean {
    return isOverloaded(this.#gate);
  }

  /** Waits until all threads are up once. Threads that end later because they are idle do not count as missing. */
  #watch(): void {
    const { executor } = this.#gate;
    const wanted = this.#started === 'ready' ? insideOf(executor)?.stillReady() : undefined;
    (wanted ?? executor.ready()).then(
      () => (this.#started = 'ready'),
      () => (this.#started = 'failed'),
    );
  }
}

/**
 * Options for `@fastify/under-pressure`, so that it refuses every route while the gate would refuse a normal request: its own
 * measurements see only the main thread.
 *
 * @throws {InvalidOptionError} for anything that is not a gate.
 */
export function underPressureOptions(gate: OverloadGate): {
  healthCheck: () => Promise<boolean>;
  healthCheckInterval: number;
} {
  OverloadGate.check(gate);
  return { healthCheck: () => Promise.resolve(!isOverloaded(gate)), healthCheckInterval: 100 };
}

function isOverloaded(gate: OverloadGate): boolean {
  return gate.refusal('normal', gate.options.deadlineMs) !== null;
}
