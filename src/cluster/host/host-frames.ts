import type { Executor } from '../../index.ts';
import type { SentFrame } from '../../inspector/record/frame.ts';
import type { Recorder } from '../../inspector/record/recorder.ts';

/** Milliseconds for which a request holds. A program that watches repeats it every two seconds. */
const askedForMs = 6000;
/** Longest message in characters. A longer one is sent without its spans. */
const mostCharacters = 64 * 1024;

/**
 * Publishes what this host does, four times a second, while a program watches. It costs nothing while none does.
 *
 * ```
 * silent ──asked──→ telling ──not asked for a while, or closed──→ silent
 * ```
 */
export class HostFrames {
  readonly #executor: Executor;
  readonly #name: string;
  /** Sends a message. Resolves once it is sent; rejects if it can't be. */
  readonly #publish: (body: string) => Promise<unknown>;
  readonly #forMs: number;
  #recorder: Promise<Recorder> | undefined = undefined;
  #askedAt = -Infinity;
  #functions = '[]';
  #publishing = false;
  #closed = false;

  constructor(
    executor: Executor,
    name: string,
    publish: (body: string) => Promise<unknown>,
    forMs: number = askedForMs,
  ) {
    this.#executor = executor;
    this.#name = name;
    this.#publish = publish;
    this.#forMs = forMs;
  }

  /** A program asks for frames. */
  asked(): void {
    if (this.#closed) return;
    this.#askedAt = performance.now();
    this.#recorder ??= this.#open();
    void this.#recorder.then((recorder) => !this.#closed && recorder.start());
  }

  close(): void {
    this.#closed = true;
    void this.#recorder?.then((recorder) => recorder.stop());
  }

  /** Loads the recorder at the first request: most hosts are never watched. */
  async #open(): Promise<Recorder> {
    const { Recorder: Opened } = await import('../../inspector/record/recorder.ts');
    const words = { waitsOn: 'what the functions wait for', source: 'the queue' };
    const recorder: Recorder = new Opened([this.#executor], (frame) => this.#tell(frame, recorder), words);
    return recorder;
  }

  #tell({ frame, spans, functions }: SentFrame, recorder: Recorder): void {
    this.#functions = functions ?? this.#functions;
    if (performance.now() - this.#askedAt > this.#forMs) recorder.stop();
    // While Redis takes a frame, further ones are dropped: none waits.
    if (this.#publishing) return;
    const body = (shown: string) =>
      `{"v":1,"name":${JSON.stringify(this.#name)},"frame":${frame},"spans":${shown},"functions":${this.#functions}}`;
    const whole = body(spans);
    this.#publishing = true;
    void this.#publish(whole.length <= mostCharacters ? whole : body('{}'))
      .catch(() => {})
      .finally(() => (this.#publishing = false));
  }
}
