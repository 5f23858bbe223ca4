import { Inlet } from './inlet.ts';
import type { Mapping } from './inlet.ts';

/**
 * The two sides of a transform, as `pipeThrough()` takes them. The streams' types are the global ones: those of Node, or of
 * the DOM where a program has them.
 */
export interface TransformPair<I, R> {
  readonly writable: WritableStream<I>;
  readonly readable: ReadableStream<R>;
}

/** Node has had it since 18; the types that it is compiled with have not. */
type WithSignal = WritableStreamDefaultController & { readonly signal: AbortSignal };

/**
 * A mapping between a writable and a readable web stream. Like a `TransformStream`, which can't be used itself: it has one
 * item transformed at a time.
 *
 * The readable side holds nothing (a mark of 0), so that a result counts as unread until it really is read. The writable
 * side holds the one item that is being written: with a mark of 0 it would never ask for any.
 */
export function webStream<I, R>(mapping: Mapping<I, R>): TransformPair<I, R> {
  const inlet = new Inlet<I>();
  const results = mapping(inlet);
  let input: WritableStreamDefaultController;
  let output: ReadableStreamDefaultController<R>;
  /** Ends the readable side and the mapping, if they have not ended, and cancels what no thread has begun. */
  const end = async (reason: unknown): Promise<void> => {
    output.error(reason);
    inlet.refuse(reason);
    await results.return?.();
  };
  const fail = (reason: unknown): Promise<void> => {
    input.error(reason);
    return end(reason);
  };
  const writable = new WritableStream<I>({
    start(controller) {
      input = controller;
      // The writable side ends by itself then. A sink's abort() would come only after the write under way, and that may wait
      // for the reader.
      const { signal } = controller as WithSignal;
      signal.addEventListener('abort', () => void end(signal.reason));
    },
    write: (item) => inlet.write(item),
    close: () => inlet.end(),
  });
  const readable = new ReadableStream<R>(
    {
      start(controller) {
        output = controller;
      },
      async pull() {
        try {
          const step = await results.next();
          if (step.done === true) output.close();
          else output.enqueue(step.value);
        } catch (reason) {
          // It may have been cancelled or aborted meanwhile, and takes nothing any more: then nothing is left to fail.
          await fail(reason);
        }
      },
      cancel: (reason = new DOMException('The stream was cancelled', 'AbortError')) => fail(reason),
    },
    { highWaterMark: 0 },
  );
  return { writable, readable };
}
