interface Caller {
  /** How many workers it waits for. */
  readonly workers: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The callers of `ready()` that wait. */
export class Readiness {
  #callers: Caller[] = [];

  /** Does a caller wait? */
  get awaited(): boolean {
    return this.#callers.length > 0;
  }

  /** Resolves when this many workers are up; rejects with the error of `fail()`. */
  wait(workers: number): Promise<void> {
    return new Promise((resolve, reject) => this.#callers.push({ workers, resolve, reject }));
  }

  /** `up` workers are up: resolves the callers that wait for no more than that. */
  tell(up: number): void {
    const ready = this.#callers.filter(({ workers }) => workers <= up);
    if (ready.length === 0) return;
    this.#callers = this.#callers.filter(({ workers }) => workers > up);
    for (const { resolve } of ready) resolve();
  }

  /** Rejects all callers that wait. */
  fail(error: unknown): void {
    for (const { reject } of this.#callers.splice(0)) reject(error);
  }
}
