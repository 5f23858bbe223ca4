import { Duplex } from 'node:stream';
import { show } from '../base/options.ts';
import { Inlet } from './inlet.ts';
import type { Mapping } from './inlet.ts';

/**
 * A mapping as a Node stream in object mode.
 *
 * The readable side holds nothing (a mark of 0), so that a result counts as unread until it really is read. The writable
 * side holds the one item that is being written.
 */
export function duplex<I, R>(mapping: Mapping<I, R>): Duplex {
  const inlet = new Inlet<I>();
  const results = mapping(inlet);
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
  return stream;
}

/** To a Node stream `null` is its end, and there is no other way to say it. */
const nullResult = () =>
  new TypeError('a task returned null, which a Node stream can’t carry: use outcomes: true, or a web stream');

/** Node's streams take errors only; an odd one (`undefined`) would pass for none. */
const asError = (reason: unknown): Error =>
  reason instanceof Error ? reason : new Error(`a task threw ${show(reason)}`, { cause: reason });
