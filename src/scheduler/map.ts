import type { Future, Outcome } from './future.ts';

/** Reads the results of a stream of futures. Leaving it, by a failure too, leaves the stream. */
export async function* readMapped<R>(
  stream: AsyncIterable<Future<R>>,
  outcomes: boolean,
): AsyncGenerator<R | Outcome<R>, undefined, undefined> {
  for await (const future of stream) yield outcomes ? await future.outcome() : await future.result();
}
