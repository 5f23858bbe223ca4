import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import process from 'node:process';
import { types } from 'node:util';
import { decodeReason, encodeReason } from '../../wire/error-codec.ts';
import { decode, encode } from '../../wire/value-codec.ts';

// A task may replace them.
const { now: trueDate } = Date;
const trueTime = performance.now.bind(performance);

const nothing = () => {};
/** Calls a function that sets a timer, clears the timer, and tells what it was: a mocked clock's timers are not Node's. */
function typeOfTimer<T>(set: (call: () => void) => T, clear: (timer: T) => void, trueClear = clear): unknown {
  const timer = set(nothing);
  clear(timer);
  trueClear(timer);
  return (timer as object | undefined)?.constructor;
}

// A task may replace them.
const trueClear = { timeout: clearTimeout, interval: clearInterval, immediate: clearImmediate };
const timerType = typeOfTimer(setTimeout, clearTimeout);
const immediateType = typeOfTimer(setImmediate, clearImmediate);

/** Probes of Node's built-ins, and of the code that sends values to the main thread. */
export const platformProbes: readonly (() => boolean)[] = [
  () => {
    const controller = new AbortController();
    let heard = 0;
    const listener = () => void heard++;
    controller.signal.addEventListener('abort', listener);
    controller.signal.removeEventListener('abort', listener);
    controller.signal.addEventListener('abort', listener);
    controller.abort('why');
    const { signal } = controller;
    return heard === 1 && signal.aborted && signal.reason === 'why' && signal instanceof AbortSignal;
  },
  () => {
    const target = new EventTarget();
    let heard = '';
    target.addEventListener('x', ({ type }) => (heard += type));
    target.dispatchEvent(new Event('x'));
    const emitter = new EventEmitter();
    const listener = (text: string) => (heard += text);
    emitter.on('y', listener).once('y', listener);
    emitter.emit('y', '1');
    emitter.emit('y', '2');
    emitter.off('y', listener);
    emitter.addListener('y', listener).removeListener('y', listener);
    emitter.emit('y', '3');
    return heard === 'x112';
  },
  () => {
    const storage = new AsyncLocalStorage<number>();
    const resource = new AsyncResource('MillraceProbe');
    const inside = resource.runInAsyncScope(() => {
      storage.enterWith(1);
      return storage.getStore();
    });
    return inside === 1 && storage.getStore() === undefined && storage.run(2, () => storage.getStore()) === 2;
  },
  () => {
    const promise = Promise.resolve(1);
    const statics = Promise as unknown as Record<string, unknown>;
    const next = promise.then(() => {});
    promise.catch(() => {});
    void promise.finally(() => {});
    return (
      types.isPromise(promise) &&
      typeof next.then === 'function' &&
      promise.constructor === Promise &&
      Promise[Symbol.species] === Promise &&
      ['all', 'race', 'allSettled', 'any', 'reject'].every((name) => typeof statics[name] === 'function')
    );
  },
  () => {
    const error = new RangeError('message', { cause: new TypeError('cause') });
    return (
      error instanceof Error &&
      error.name === 'RangeError' &&
      error.message === 'message' &&
      !('code' in error) &&
      new Error('x', {}).cause === undefined &&
      `${error}` === 'RangeError: message' &&
      new SyntaxError('x') instanceof Error &&
      new DOMException('x', 'AbortError').name === 'AbortError' &&
      !({} instanceof Error) &&
      typeof error.stack === 'string'
    );
  },
  () => {
    const numbers = [
      Float32Array,
      Float64Array,
      Int8Array,
      Int16Array,
      Int32Array,
      Uint8ClampedArray,
      Uint16Array,
      Uint32Array,
    ];
    const bytes = Buffer.concat([Buffer.from('ab'), Buffer.alloc(1)]);
    return (
      bytes.toString('hex') === '616200' &&
      Buffer.isBuffer(bytes) &&
      !Buffer.isBuffer(new Uint8Array(1)) &&
      Buffer.copyBytesFrom(bytes).length === 3 &&
      ArrayBuffer.isView(bytes) &&
      !ArrayBuffer.isView({}) &&
      bytes.buffer instanceof ArrayBuffer &&
      new DataView(new ArrayBuffer(2)).byteLength === 2 &&
      new TextDecoder().decode(new TextEncoder().encode('a')) === 'a' &&
      new URL('x', 'file:///').href === 'file:///x' &&
      new Date(0).getTime() === 0 &&
      numbers.every((type) => new type([1, 2])[1] === 2) &&
      [BigInt64Array, BigUint64Array].every((type) => new type([1n, 2n])[1] === 2n) &&
      new Proxy({ a: 1 }, {}).a === 1 &&
      BigInt(1) === 1n &&
      Boolean(1) &&
      Symbol.for('x') === Symbol.for('x') &&
      typeof Function === 'function'
    );
  },
  () =>
    typeOfTimer(setTimeout, clearTimeout, trueClear.timeout) === timerType &&
    typeOfTimer(setInterval, clearInterval, trueClear.interval) === timerType &&
    typeOfTimer(setImmediate, clearImmediate, trueClear.immediate) === immediateType,
  () =>
    globalThis.process === process &&
    // A clock that was faked and left so stands still, or tells another time.
    Math.abs(Date.now() - trueDate()) < 1000 &&
    Math.abs(performance.now() - trueTime()) < 1000 &&
    typeof console.log === 'function',
  () => {
    const shared = new Error('shared', { cause: new TypeError('cause') });
    const value = {
      map: new Map([[1, Buffer.from('a')]]),
      set: new Set([shared]),
      list: [undefined, { date: new Date(1) }, 'text'],
      error: Object.assign(new RangeError('message', { cause: shared }), { code: 'E' }),
    };
    const [clone] = decode(structuredClone(encode([value]))) as [typeof value];
    const { map, set, list, error } = clone;
    return (
      String(map.get(1)) === 'a' &&
      Buffer.isBuffer(map.get(1)) &&
      set.has(error.cause as Error) &&
      list.length === 3 &&
      list[0] === undefined &&
      (list[1] as { date: Date }).date.getTime() === 1 &&
      error instanceof RangeError &&
      error.code === 'E' &&
      error.message === 'message' &&
      (error.cause as Error).cause instanceof TypeError
    );
  },
  () => {
    const reason = decodeReason(
      structuredClone(encodeReason(Object.assign(new TypeError('why'), { list: [1] }))),
    );
    return (
      reason instanceof TypeError &&
      reason.message === 'why' &&
      (reason as unknown as { list: number[] }).list[0] === 1
    );
  },
];
