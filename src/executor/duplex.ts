import { Duplex } from 'node:stream';
import { MillraceError } from '../base/errors.ts';
import { show } from '../base/options.ts';
import { readThrough } from '../scheduler/job/producers.ts';
import { Inlet } from './inlet.ts';
import type { Mapping } from './inlet.ts';

/**
 * A mapping as a Node stream in object mode.
 *
 * The readable side buffers nothing (a high-water mark of 0), so that a result counts as unread until the reader reads it. The
 * writable side holds only the item that is being written.
 */
export function duplex<I, R>(mapping: Mapping<I, R>): Duplex {
  const inlet = new Inlet<I>();
  const results = mapping(inlet, (reason) => stream.destroy(asError(reason)));
  const deliver = (step: IteratorResult<R, undefined>): void => {
    if (stream.destroyed) return;
    if (step.done === true) stream.push(null);
    else if (step.value === null) stream.destroy(nullResult());
    else stream.push(step.value);
  };
  const stream = new Duplex({
    objectMode: true,
    readableHighWaterMark: 0,
    writableHighWaterMark: 1,
    write(item: I, _encoding, taken) {
      inlet.write(item).then(() => taken(), taken);
    },
    final(done) {
      inlet.end();
      done();
    },
    read() {
      results.next().then(deliver, (reason: unknown) => stream.destroy(asError(reason)));
    },
    async destroy(error, done) {
      inlet.refuse(error ?? new DOMException('The stream was destroyed', 'AbortError'));
      await results.return?.();
      done(error);
    },
  });
  readThrough(stream, results);
  return stream;
}

/** A Node stream takes `null` for its end, and has no other way to carry it. */
const nullResult = () =>
  new MillraceError(
    'ERR_MILLRACE_NULL_RESULT',
    'a task returned null, which a Node stream can’t carry: use outcomes: true, or a web stream',
  );

/** Node's streams take only errors: a reason of `undefined` would count as no error. */
const asError = (reason: unknown): Error =>
  reason instanceof Error
    ? reason
    : new MillraceError('ERR_MILLRACE_NO_ERROR', `a task threw ${show(reason)}`, { cause: reason });
