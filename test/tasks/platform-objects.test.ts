import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import crypto from 'node:crypto';
import diagnostics from 'node:diagnostics_channel';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createReadStream, opendirSync, readdirSync, statSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { Session } from 'node:inspector';
import { BlockList, createServer } from 'node:net';
import { createHistogram } from 'node:perf_hooks';
import { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { MIMEType } from 'node:util';
import { GCProfiler } from 'node:v8';
import { runInNewContext, Script } from 'node:vm';
import { MessageChannel } from 'node:worker_threads';
import { Executor, inline } from 'millrace';
import { RateLimiter, Semaphore } from 'millrace/flow';
import { afterAll, describe, expect, test } from 'vitest';
import { limits } from '../../src/flow/index.ts';
import { decodeReason, encodeReason } from '../../src/pool/wire/error-codec.ts';
import { dataCloneError } from '../../src/pool/wire/uncloneable.ts';
import { decode, encode } from '../../src/pool/wire/value-codec.ts';
import { payloadBytes } from '../../src/tasks/payload-size.ts';

const cross = <T>(value: T): T => decode(structuredClone(encode([value])))[0] as T;

/** Why a value does not cross; undefined if it does. */
function refusalOf(value: unknown): string | undefined {
  try {
    cross(value);
    return undefined;
  } catch (error) {
    return dataCloneError(error, [value], 'args').message;
  }
}

const executor = new Executor();
const future = await executor.submit(inline(() => 1));
const channel = new MessageChannel();
const broadcast = new BroadcastChannel('x');
afterAll(async () => {
  await executor.shutdown();
  channel.port1.close();
  broadcast.close();
});

/** An instance of each class that is a global, on any version of Node that knows it. A name that is not here fails the test below. */
const globals: Record<string, (() => unknown) | undefined> = {
  AbortController: () => new AbortController(),
  AbortSignal: () => AbortSignal.timeout(1e6),
  BroadcastChannel: () => broadcast,
  ByteLengthQueuingStrategy: () => new ByteLengthQueuingStrategy({ highWaterMark: 1 }),
  CloseEvent: () => construct('CloseEvent', 'close'),
  CompressionStream: () => new CompressionStream('gzip'),
  CountQueuingStrategy: () => new CountQueuingStrategy({ highWaterMark: 1 }),
  Crypto: () => globalThis.crypto,
  CustomEvent: () => new CustomEvent('x'),
  DecompressionStream: () => new DecompressionStream('gzip'),
  AsyncDisposableStack: () => construct('AsyncDisposableStack'),
  DisposableStack: () => construct('DisposableStack'),
  ErrorEvent: () => construct('ErrorEvent', 'x'),
  Event: () => new Event('x'),
  EventTarget: () => new EventTarget(),
  FinalizationRegistry: () => new FinalizationRegistry(() => {}),
  FormData: () => new FormData(),
  Headers: () => new Headers(),
  Iterator: () => [1].values(),
  MessageChannel: () => channel,
  MessageEvent: () => new MessageEvent('x'),
  MessagePort: () => channel.port2,
  Navigator: () => (globalThis as { navigator?: object }).navigator,
  Performance: () => performance,
  PerformanceEntry: () => performance.mark('x'),
  PerformanceMark: () => performance.mark('x'),
  PerformanceMeasure: () => performance.measure('x'),
  PerformanceObserver: () => new PerformanceObserver(() => {}),
  Promise: () => Promise.resolve(),
  ReadableStream: () => new ReadableStream(),
  ReadableStreamDefaultReader: () => new ReadableStream().getReader(),
  Request: () => new Request('http://a/'),
  Response: () => new Response('x'),
  SubtleCrypto: () => globalThis.crypto.subtle,
  TextDecoder: () => new TextDecoder(),
  TextDecoderStream: () => new TextDecoderStream(),
  TextEncoder: () => new TextEncoder(),
  TextEncoderStream: () => new TextEncoderStream(),
  TransformStream: () => new TransformStream(),
  URL: () => new URL('http://a/'),
  URLPattern: () => construct('URLPattern', { pathname: '/a' }),
  URLSearchParams: () => new URLSearchParams('a=1'),
  WeakMap: () => new WeakMap(),
  WeakRef: () => new WeakRef({}),
  WeakSet: () => new WeakSet(),
  WritableStream: () => new WritableStream(),
  WritableStreamDefaultWriter: () => new WritableStream().getWriter(),
};

/** Made by the platform alone, or only where the program was started for it: their prototypes say enough. */
const notMadeHere = [
  'PerformanceObserverEntryList',
  'PerformanceResourceTiming',
  'ReadableByteStreamController',
  'ReadableStreamBYOBReader',
  'ReadableStreamBYOBRequest',
  'ReadableStreamDefaultController',
  'Storage',
  'TransformStreamDefaultController',
  'WebSocket',
  'WritableStreamDefaultController',
];

/** They keep their class. */
const cross20 =
  'AggregateError Array ArrayBuffer BigInt BigInt64Array BigUint64Array Blob Boolean Buffer CryptoKey'
    .concat(
      ' DOMException DataView Date Error EvalError File Float16Array Float32Array Float64Array Int16Array',
    )
    .concat(' Int32Array Int8Array Map Number Object QuotaExceededError RangeError ReferenceError RegExp Set')
    .concat(
      ' SharedArrayBuffer String SuppressedError SyntaxError TypeError URIError Uint16Array Uint32Array',
    )
    .concat(' Uint8Array Uint8ClampedArray')
    .split(' ');

function construct(name: string, ...args: unknown[]): unknown {
  return Reflect.construct((globalThis as never)[name], args);
}

const exists = (name: string) => Object.hasOwn(globalThis, name);

test('the lists name each global class', () => {
  const classes = Object.getOwnPropertyNames(globalThis).filter((name) => {
    const property = Object.getOwnPropertyDescriptor(globalThis, name);
    if (property?.enumerable !== false || !/^[A-Z]/.test(name)) return false;
    const value = (globalThis as never)[name] as unknown;
    return typeof value === 'function' && 'prototype' in value;
  });
  const known = [...Object.keys(globals), ...notMadeHere, ...cross20, 'Function', 'Symbol', 'Proxy'];
  expect(classes.filter((name) => !known.includes(name))).toEqual([]);
});

describe('is refused, with its path:', () => {
  test.each(Object.entries(globals).filter(([name]) => exists(name)))('a global %s', (_, make) => {
    expect(refusalOf({ list: [make?.()] })).toMatch(/^args\[0\]\.list\[0\]/);
  });

  test.each(notMadeHere.filter(exists))('what has the prototype of a global %s', (name) => {
    const { prototype } = (globalThis as never)[name] as { prototype: object };
    expect(refusalOf([Object.create(prototype)])).toMatch(/^args\[0\]\[0\]: /);
  });

  test.each<[string, () => unknown]>([
    ['an iterator of URLSearchParams', () => new URLSearchParams().entries()],
    ['an iterator of Headers', () => new Headers().keys()],
    ['an iterator of a stream', () => new ReadableStream()[Symbol.asyncIterator]()],
    ['a generator', () => (function* () {})()],
    ['an async generator', () => (async function* () {})()],
    ['an iterator of matches', () => 'a'.matchAll(/a/g)],
    ['an AsyncLocalStorage', () => new AsyncLocalStorage()],
    ['an AsyncResource', () => new AsyncResource('x')],
    ['a Hash', () => crypto.createHash('sha256')],
    ['an Hmac', () => crypto.createHmac('sha256', 'x')],
    ['an ECDH', () => crypto.createECDH('secp256k1')],
    ['a DiffieHellmanGroup', () => crypto.getDiffieHellman('modp14')],
    ['a Readable', () => new Readable()],
    ['a stream of a file', () => createReadStream('/dev/null').on('error', () => {})],
    [
      'an open directory',
      () => {
        const directory = opendirSync('.');
        directory.closeSync();
        return directory;
      },
    ],
    ['an entry of a directory', () => readdirSync('.', { withFileTypes: true })[0]],
    ['a server', () => createServer()],
    ['a server of HTTP', () => createHttpServer()],
    ['a socket of UDP', () => createSocket('udp4').unref()],
    ['a session of the inspector', () => new Session()],
    ['a GCProfiler', () => new GCProfiler()],
    ['a MIMEType', () => new MIMEType('text/plain')],
    ['a Script', () => new Script('1')],
    ['a StringDecoder', () => new StringDecoder()],
    ['a channel', () => diagnostics.channel('x')],
    ['a NumberFormat', () => new Intl.NumberFormat()],
    ['a Segmenter', () => new Intl.Segmenter()],
    ['one of another realm', () => runInNewContext('new Intl.NumberFormat()')],
    ['a promise of another realm', () => runInNewContext('Promise.resolve()')],
    ['Math', () => Math],
    ['JSON', () => JSON],
    ['Reflect', () => Reflect],
    ['Intl', () => Intl],
    ['Atomics', () => Atomics],
    ['console', () => console],
    ['process', () => process],
    ['the global object', () => globalThis],
    ['a proxy', () => new Proxy({}, {})],
    ['a boxed symbol', () => Object(Symbol('x')) as unknown],
    ['a future', () => future],
    ['an executor', () => new Executor()],
    ['a task', () => inline(() => 1)],
    ['a semaphore', () => new Semaphore(1)],
    ['a limit that adapts', () => limits.adaptive()],
    ['a limit of a rate', () => new RateLimiter({ limit: 1, perMs: 1 })],
    ['an instance of a derived class', () => new (class Link extends URL {})('http://a/')],
    ['one of a class that is derived twice', () => new (class B extends class A extends EventTarget {} {})()],
  ])('%s', (_, make) => {
    expect(refusalOf(make())).toMatch(/^args\[0\]/);
    expect(refusalOf(new Map([['key', new Set([make()])]]))).toMatch(/^args\[0\]\.get\('key'\)<element 0>/);
    // Beside what is sent as a copy, too.
    expect(refusalOf([new Error('x'), make()])).toMatch(/^args\[0\]\[1\]/);
  });

  test('a port that is closed, or has moved: cloning it would end the process', async () => {
    const [closed, left, moved] = [new MessageChannel(), new MessageChannel(), new MessageChannel()];
    const ends = [closed.port1, left.port1].map((port) => once(port, 'close'));
    closed.port1.close();
    left.port2.close();
    structuredClone(undefined, { transfer: [moved.port1] });
    await Promise.all(ends);
    for (const port of [closed.port1, left.port1, moved.port1]) {
      expect(refusalOf({ port })).toMatch(/^args\[0\]\.port: .*its state stays in its thread/);
      expect(payloadBytes([port])).toBeGreaterThan(0);
      const error = decodeReason(encodeReason(Object.assign(new Error('x'), { port })));
      expect(error).toMatchObject({ message: 'x', port: expect.stringContaining('MessagePort') });
    }
    const open = new MessageChannel();
    expect(refusalOf({ port: open.port1 })).toMatch(/needs transfer/);
    const arrived = once(open.port2, 'message');
    open.port1.postMessage('still open');
    expect(await arrived).toEqual(['still open']);
    open.port1.close();
  });

  test('a statement of SQLite, where Node has it: its getters are its own', () => {
    interface Sqlite {
      readonly DatabaseSync?: new (path: string) => { prepare(sql: string): object };
    }
    const sqlite: Sqlite | undefined = process.getBuiltinModule('node:sqlite');
    if (sqlite?.DatabaseSync === undefined) return;
    const statement = new sqlite.DatabaseSync(':memory:').prepare('SELECT 1');
    expect(refusalOf([statement])).toMatch(/^args\[0\]\[0\]/);
  });
});

describe('crosses as what it is:', () => {
  test.each<[string, unknown]>([
    ['a Blob', new Blob(['abc'])],
    ['a KeyObject', crypto.createSecretKey(Buffer.from('abc'))],
    ['a Date', new Date(0)],
    ['a RegExp', /x/gu],
    ['a boxed number', Object(1)],
    ['shared memory', new SharedArrayBuffer(8)],
  ])('%s', (_, value) => {
    const crossed = cross([value, new Error('x')])[0] as object;
    expect(Object.getPrototypeOf(crossed)).toBe(Object.getPrototypeOf(value));
  });

  test('an X509Certificate, a histogram and a list of addresses, as Node does it', () => {
    for (const value of [createHistogram(), new BlockList()]) {
      expect(cross(value).constructor.name).toMatch(/Histogram|BlockList/);
    }
  });

  test('a File, where Node keeps it one', () => {
    const file = new File(['abc'], 'name.txt');
    if (structuredClone(file) instanceof File) expect(cross(file).name).toBe('name.txt');
    else expect(refusalOf(file)).toMatch(/^args\[0\]/);
  });
});

describe('crosses as a plain object, as cloning does it:', () => {
  test.each<[string, object]>([
    [
      'one of a user’s class',
      new (class Point {
        x = 1;
      })(),
    ],
    [
      'one of a class that has the name of a global',
      new (class URL {
        x = 1;
      })(),
    ],
    [
      'one of a class that has the name of Node’s',
      new (class Hash {
        x = 1;
      })(),
    ],
    ['one without a prototype', Object.assign(Object.create(null) as object, { x: 1 })],
    ['one of another realm', runInNewContext('({ x: 1 })') as object],
  ])('%s', (_, value) => {
    expect({ ...cross(value) }).toEqual({ x: 1 });
    expect(cross([value, new Error('x')])[0]).toEqual({ x: 1 });
  });

  test('and what Node gives out as a record', () => {
    expect(cross(statSync('.'))).toMatchObject({ mode: expect.any(Number) as number });
  });

  test('and one of a class that a program has made global', () => {
    // oxlint-disable-next-line typescript/no-extraneous-class
    const globalClass = class GlobalClass {};
    Object.assign(globalThis, { GlobalClass: globalClass });
    expect(cross(new globalClass())).toEqual({});
  });
});
