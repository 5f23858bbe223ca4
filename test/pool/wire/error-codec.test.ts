import { rmSync } from 'node:fs';
import fc from '../../support/fast-check.ts';
import { describe, expect, test } from 'vitest';
import { InvalidTaskError } from '../../../src/base/errors.ts';
import { decodeReason, encodeReason } from '../../../src/pool/wire/error-codec.ts';
import { hostile } from '../../support/hostile.ts';

/** Through the codec and through cloning, as between two threads. */
const cross = (reason: unknown): unknown => decodeReason(structuredClone(encodeReason(reason)));

class CustomError extends RangeError {
  override readonly name = 'CustomError';
  readonly code = 'E_CUSTOM';
}

describe('an error', () => {
  test.each([Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError])(
    'of the built-in class %o stays one',
    (type) => {
      const error = new type('message');
      const crossed = cross(error) as Error;
      expect(crossed).toBeInstanceOf(type);
      expect(crossed.constructor).toBe(type);
      expect(crossed).toMatchObject({ name: error.name, message: 'message', stack: error.stack });
    },
  );

  test('of a class of its own is of the nearest built-in one', () => {
    const crossed = cross(new CustomError('message'));
    expect(crossed).toBeInstanceOf(RangeError);
    expect(crossed).toMatchObject({ name: 'CustomError', code: 'E_CUSTOM', message: 'message' });
  });

  test('keeps a code that its class has as a getter', () => {
    class HttpError extends Error {
      get code(): string {
        return 'E_HTTP';
      }
    }
    expect(cross(new HttpError('x'))).toMatchObject({ code: 'E_HTTP', message: 'x' });
  });

  test('keeps what hangs on it as a getter, which is called once', () => {
    let calls = 0;
    const error = Object.defineProperties(new Error('x'), {
      code: { get: () => `E_${++calls}`, enumerable: true },
      hidden: { get: () => [Buffer.from('bytes')] },
      broken: {
        get: () => {
          throw new Error('in a getter');
        },
        enumerable: true,
      },
    });
    const crossed = cross(error) as Record<string, unknown>;
    expect({ ...crossed }).toEqual({ code: 'E_1', broken: 'a getter that throws' });
    expect(crossed['hidden']).toEqual([Buffer.from('bytes')]);
    expect(calls).toBe(1);
  });

  test('of the system keeps what Node has made getters of', () => {
    let thrown: unknown;
    try {
      rmSync('.');
    } catch (error) {
      thrown = error;
    }
    const { code, errno, syscall, path } = thrown as NodeJS.ErrnoException;
    expect(syscall).toBe('rm');
    expect(cross(thrown)).toMatchObject({ code, errno, syscall, path });
  });

  test('without a prototype, or that is no more than a getter away from ever more of them, arrives', () => {
    expect(cross(Object.setPrototypeOf(new RangeError('x'), null))).toMatchObject({ message: 'x' });
    const endless = (): Error =>
      Object.defineProperty(new Error('one of many'), 'next', { get: endless, enumerable: true });
    expect(cross(endless())).toMatchObject({ next: { next: { message: 'one of many' } } });
    const inObjects = (): Error =>
      Object.assign(new Error('one of many'), {
        list: [
          {
            get next() {
              return inObjects();
            },
          },
        ],
      });
    expect(cross(inObjects())).toMatchObject({ message: 'one of many' });
  });

  test('whose list of errors is sparse keeps those that are there', () => {
    const errors: unknown[] = [1];
    errors[300_000_000] = new RangeError('last');
    expect(cross(Object.assign(new Error('x'), { errors }))).toMatchObject({
      errors: [1, { message: 'last' }],
    });
  });

  test('that the worker raises itself stays an InvalidTaskError', () => {
    expect(cross(new InvalidTaskError('no module'))).toBeInstanceOf(InvalidTaskError);
  });

  test('keeps its cause, and a cycle of causes', () => {
    const inner = new TypeError('inner');
    const outer = new Error('outer', { cause: inner });
    inner.cause = outer;
    const crossed = cross(outer) as Error & { cause: Error };
    expect(crossed.cause).toBeInstanceOf(TypeError);
    expect(crossed.cause.cause).toBe(crossed);
    expect(Object.keys(crossed)).not.toContain('cause');
  });

  test.each([null, undefined, 0, '', false])('keeps %o as its cause', (cause) => {
    const crossed = cross(new Error('x', { cause })) as Error;
    expect('cause' in crossed).toBe(true);
    expect(crossed.cause).toBe(cause);
  });

  test('AggregateError keeps its errors, and one that is in it twice is one', () => {
    const inner = new RangeError('inner');
    const crossed = cross(new AggregateError([inner, 'text', inner], 'all')) as AggregateError;
    expect(crossed).toBeInstanceOf(AggregateError);
    expect(crossed).toMatchObject({
      message: 'all',
      errors: [{ message: 'inner' }, 'text', { message: 'inner' }],
    });
    expect(crossed.errors[0]).toBe(crossed.errors[2]);
    expect(crossed.errors[0]).toBeInstanceOf(RangeError);
  });

  test('DOMException keeps its name and code', () => {
    const crossed = cross(new DOMException('stop', 'TimeoutError'));
    expect(crossed).toBeInstanceOf(DOMException);
    expect(crossed).toMatchObject({ name: 'TimeoutError', message: 'stop', code: 23 });
  });

  test('keeps its own properties, and whether they are enumerable', () => {
    const error = Object.assign(new Error('x'), { status: 404, headers: { a: [1] }, when: new Date(0) });
    Object.defineProperty(error, 'hidden', { value: 1, enumerable: false });
    const crossed = cross(error) as typeof error & { hidden: number };
    expect(crossed).toMatchObject({ status: 404, headers: { a: [1] }, when: new Date(0) });
    expect(crossed.hidden).toBe(1);
    expect(Object.keys(crossed)).toEqual(['status', 'headers', 'when']);
  });

  test('keeps a name, message and stack of its own enumerable, where they were', () => {
    const error = Object.defineProperty(new CustomError('x'), 'message', { enumerable: true });
    const own = Object.entries(cross(error) as Error);
    expect(Object.fromEntries(own)).toEqual({ name: 'CustomError', message: 'x', code: 'E_CUSTOM' });
    const usual = Object.assign(new RangeError('x'), { stack: 'at x' });
    expect(Object.keys(cross(usual) as Error)).toEqual([]);
  });

  test('that is an AggregateError keeps what hangs on the list of its errors, and describes a proxy of one', () => {
    const error = new AggregateError([], 'all');
    error.errors = Object.assign([new TypeError('first'), 'last'], { note: 'a note' });
    const { errors } = cross(error) as AggregateError;
    expect(errors).toEqual(error.errors);
    expect([Object.keys(errors), errors.length]).toEqual([['0', '1', 'note'], 2]);
    error.errors = new Proxy(['first'], {});
    expect((cross(error) as AggregateError).errors).toEqual(expect.stringContaining('first'));
  });

  test('keeps what can be cloned when something else cannot', () => {
    const error = Object.assign(new Error('x'), { handler: () => {}, symbol: Symbol('s'), status: 1 });
    const crossed = cross(error) as typeof error;
    expect(crossed.status).toBe(1);
    expect(crossed.handler).toEqual(expect.stringContaining('Function'));
    expect(crossed.symbol).toEqual('Symbol(s)');
  });

  test('with hostile properties is still an error', () => {
    const error = new Error('x');
    for (const key of ['stack', 'name', 'message', 'code']) {
      Object.defineProperty(error, key, {
        get() {
          throw new Error('trap');
        },
      });
    }
    expect(cross(error)).toBeInstanceOf(Error);
  });

  test('whose message and name are no strings arrives with text', () => {
    const error = Object.assign(new Error('x'), { message: 42, name: { toString: () => 'odd' } });
    expect(cross(error)).toMatchObject({ message: '42', name: 'odd' });
  });
});

describe('whatever is thrown', () => {
  test.each([undefined, null, 0, '', false, Number.NaN, 1n, 'text'])('%o arrives as it is', (value) => {
    expect(cross(value)).toBe(value);
  });

  test.each([
    ['a function', () => {}],
    ['a symbol', Symbol('x')],
    ['an object with a function', { handler() {} }],
    ['a promise', Promise.resolve()],
    ['a WeakMap', new WeakMap()],
  ])('%s arrives as a description', (_, value) => {
    expect(cross(value)).toEqual(expect.any(String));
  });

  test('a proxy that was revoked, or that answers nothing, is no reason to fail', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const trap = () => {
      throw new Error('trap');
    };
    const silent = new Proxy(
      {},
      { get: trap, getPrototypeOf: trap, ownKeys: trap, getOwnPropertyDescriptor: trap },
    );
    for (const value of [proxy, silent, new Error('x', { cause: proxy })]) {
      expect(() => cross(value)).not.toThrow();
    }
  });

  test('nothing is so hostile that it can’t be told', () => {
    fc.assert(fc.property(hostile, (make) => void cross(make())));
  });

  test('a long chain of causes is no reason to fail', () => {
    let error = new Error('first');
    for (let left = 20_000; left > 0; left--) error = new Error('next', { cause: error });
    expect(cross(error)).toBeInstanceOf(Error);
  });

  test('a value that can be cloned arrives as an equal one', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true }),
        (value) => {
          expect(cross(value)).toEqual(structuredClone(value));
        },
      ),
    );
  });
});
