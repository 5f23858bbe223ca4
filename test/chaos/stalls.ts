/** What stands still is told, with where everything is, instead of being waited for. */
export class Stalls {
  readonly #progress: () => number;
  readonly #tell: (what: string) => void;
  readonly #watched = new Set<{ inspect(): unknown }>();
  readonly #timer: NodeJS.Timeout;
  #last = -1;

  /**
   * @param progress a number that changes as long as anything goes on.
   * @param tell called with where each of those that are watched is, when it has not.
   */
  constructor(progress: () => number, tell: (what: string) => void, everyMs: number) {
    this.#progress = progress;
    this.#tell = tell;
    this.#timer = setInterval(() => this.#look(), everyMs);
  }

  async watch(watched: { inspect(): unknown }, during: Promise<void>): Promise<void> {
    this.#watched.add(watched);
    await during;
    this.#watched.delete(watched);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = this.#progress();
    if (now === this.#last)
      this.#tell(`nothing went on: ${JSON.stringify([...this.#watched].map((each) => each.inspect()))}`);
    this.#last = now;
  }
}
