import type { SentFrame } from '../record/frame.ts';

/** Most frames (of the last minute), and most spans in all of them. */
const mostFrames = 240;
const mostSpans = 16_384;
/** Most characters: in a cluster each host has a part in a frame. */
const mostLength = 8 * 1024 * 1024;

interface Kept {
  readonly frame: string;
  readonly spanCount: number;
  spans: string;
}

/** The frames of the last minute, for a new viewer. Drops spans first: many threads have very many. */
export class FrameRing {
  readonly #kept: Kept[] = [];
  #spans = 0;
  #length = 0;
  /** Index of the oldest frame with spans. */
  #withSpans = 0;
  /** JSON of all functions' names. */
  functions = '[]';

  add({ frame, spans, spanCount, functions }: SentFrame): void {
    if (functions !== undefined) this.functions = functions;
    this.#kept.push({ frame, spans, spanCount });
    this.#spans += spanCount;
    while (this.#spans > mostSpans && this.#withSpans < this.#kept.length - 1) this.#dropSpans();
    this.#length += frame.length + spans.length;
    while (this.#kept.length > mostFrames || (this.#length > mostLength && this.#kept.length > 1)) {
      if (this.#withSpans === 0) this.#dropSpans();
      this.#length -= (this.#kept.shift() as Kept).frame.length;
      this.#withSpans--;
    }
  }

  clear(): void {
    this.#kept.length = 0;
    this.#spans = this.#withSpans = this.#length = 0;
  }

  /** Oldest first. */
  *[Symbol.iterator](): Generator<{ readonly frame: string; readonly spans: string }, undefined> {
    yield* this.#kept;
  }

  #dropSpans(): void {
    const oldest = this.#kept[this.#withSpans++] as Kept;
    this.#spans -= oldest.spanCount;
    this.#length -= oldest.spans.length;
    oldest.spans = '{}';
  }
}
