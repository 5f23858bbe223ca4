import { readThrough } from '../scheduler/job/producers.ts';
import { Inlet } from './inlet.ts';
import type { Mapping } from './inlet.ts';

/**
 * The two sides of a transform, as `pipeThrough()` takes them. The stream types are the global ones: Node's, or the DOM's in a
 * program that includes them.
 */
export interface TransformPair<I, R> {
  readonly writable: WritableStream<I>;
  readonly readable: ReadableStream<R>;
}

/** Node has had `signal` since version 18; the types that Millrace is compiled with lack it. */
type WithSignal = WritableStreamDefaultController & { readonly signal: AbortSignal };

/**
 * A mapping between a writable and a readable web stream. A `TransformStream` would not do: it transforms one item at a time.
 *
 * The readable side buffers nothing (a high-water mark of 0), so that a result counts as unread until the reader reads it. The
 * writable side holds only the item that is being written: with a mark of 0 it would never accept one.
 */
export function webStream<I, R>(mapping: Mapping<I, R>): TransformPair<I, R> {
  const inlet = new Inlet<I>();
  const results = mapping(inlet, (reason) => void fail(reason));
  let input: WritableStreamDefaultController;
  let output: ReadableStreamDefaultController<R>;
  /** Ends the readable side and the mapping unless they have ended, and cancels tasks that no thread has begun. */
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
      // The writable side ends by itself then. A sink's abort() would be called only after the write under way, which may wait for
      // the reader.
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
          // If the stream was cancelled or aborted meanwhile, `fail()` changes nothing.
          await fail(reason);
        }
      },
      cancel: (reason = new DOMException('The stream was cancelled', 'AbortError')) => fail(reason),
    },
    { highWaterMark: 0 },
  );
  readThrough(readable, results);
  return { writable, readable };
}
