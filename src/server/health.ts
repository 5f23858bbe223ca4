import { OverloadGate } from './overload-gate.ts';

export interface Health {
  /** `'starting'` until every thread is up; `'failed'` if one can't be started, or the executor was shut down. */
  readonly status: 'starting' | 'ready' | 'overloaded' | 'closing' | 'failed';
  /** The same as a status code: 200 while requests should be sent here, 503 otherwise. */
  readonly statusCode: 200 | 503;
}

/**
 * Whether a load balancer should send requests here.
 *
 * Overload is said, but is no reason to be taken out: the others would get this one's load on top of theirs, and fall one
 * after the other (Site Reliability Engineering, chapter 22, "Process Health Checking and Service Health Checking").
 */
export class HealthCheck {
  readonly #gate: OverloadGate;
  #started: 'starting' | 'ready' | 'failed' = 'starting';

  /** @throws {InvalidOptionError} for anything that is not a gate. */
  constructor(gate: OverloadGate) {
    this.#gate = OverloadGate.check(gate);
    this.#watch();
  }

  /** What is known; asking looks again whether threads can be started, for the next time. */
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

  #watch(): void {
    this.#gate.executor.ready().then(
      () => (this.#started = 'ready'),
      () => (this.#started = 'failed'),
    );
  }
}

/**
 * Options for `@fastify/under-pressure`, which then sees what its own measurements of the main thread can't: it refuses
 * every route while a normal request would be refused.
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
