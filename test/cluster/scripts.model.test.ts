import fc from '../support/fast-check.ts';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Bits } from '../../src/cluster/wire/bits.ts';
import { keysOf } from '../../src/cluster/wire/keys.ts';
import { scripts } from '../../src/cluster/wire/scripts.ts';
import { TestRedis } from './support/redis.ts';

const total = 12;
const keys = keysOf('model', undefined);
type Command = (...args: (string | number | Buffer)[]) => Promise<any>;
type Scripts = Record<
  'mrOpen' | 'mrBegin' | 'mrReply' | 'mrCancel' | 'mrRetract' | 'mrBeginFetched',
  Command
> &
  Record<'mrBeginBuffer' | 'mrBeginFetchedBuffer', Command>;

let server: TestRedis;
let redis: Redis & Scripts;

beforeAll(async () => {
  server = await TestRedis.start();
  redis = new Redis(server.url) as never;
  for (const { name, keys: numberOfKeys, lua } of scripts) redis.defineCommand(name, { numberOfKeys, lua });
});
afterAll(async () => {
  redis.disconnect();
  await server[Symbol.asyncDispose]();
});

/** The batch as Redis should have it, and what its hosts have begun. */
interface Model {
  known: boolean;
  begins: number;
  fence: string | undefined;
  watermark: number;
  /** The watermark at the latest begin. */
  before: number;
  answered: Set<number>;
  cancelled: Set<number>;
  done: boolean;
  alive: boolean;
  entries: number;
  /** How often a host has begun each position. */
  readonly begun: number[];
  /** Of which a cancellation has said that they never begin. */
  readonly never: Set<number>;
  /** Fences with which it was begun, and no host has heard of it. */
  readonly unheard: Set<string>;
  /** What each host believes. */
  readonly hosts: Map<string, { answered: Set<number>; watermark: number }>;
}

const fresh = (): Model => ({
  known: false,
  begins: 0,
  fence: undefined,
  watermark: 0,
  before: 0,
  answered: new Set(),
  cancelled: new Set(),
  done: false,
  alive: true,
  entries: 0,
  begun: Array.from({ length: total }, () => 0),
  never: new Set(),
  unheard: new Set(),
  hosts: new Map(),
});

const forget = (model: Model): void => {
  const { begun, never, unheard, hosts, alive, entries } = model;
  Object.assign(model, fresh(), { begun, never, unheard, hosts, alive, entries });
};

const positionsOf = (text: string): number[] => text.split(',').filter(Boolean).map(Number);
const bitsOf = (positions: Iterable<number>): Buffer => {
  const bits = new Bits(total);
  for (const position of positions) bits.add(position);
  return bits.bytes;
};

/** A host hands these to its threads. */
function handOver(model: Model, from: number, upTo: number, cancelled: readonly number[]): void {
  for (let position = from; position < upTo; position++) {
    if (!cancelled.includes(position)) model.begun[position] = (model.begun[position] as number) + 1;
  }
}

class Step implements fc.AsyncCommand<Model, object> {
  readonly #what: string;
  readonly #run: (model: Model) => Promise<void>;

  constructor(what: string, run: (model: Model) => Promise<void>) {
    this.#what = what;
    this.#run = run;
  }

  check(): boolean {
    return true;
  }

  run(model: Model): Promise<void> {
    return this.#run(model);
  }

  toString(): string {
    return this.#what;
  }
}

const open = (): Step =>
  new Step('open', async (model) => {
    expect(await redis.mrOpen(keys.batch('b'), 60_000, 'p', total, 'key')).toBe(model.known ? 0 : 1);
    model.known = true;
  });

const begin = (fence: string, window: number): Step =>
  new Step(`begin ${fence} ${window}`, async (model) => {
    const args = [keys.batch('b'), keys.producer('p'), fence, window, total, 60_000];
    const [status, n, from, upTo, answered, cancelled] = await redis.mrBeginBuffer(...args);
    const expected = !model.known ? 'unknown' : model.done ? 'done' : model.alive ? 'begun' : 'orphan';
    expect(String(status)).toBe(expected);
    if (expected !== 'begun') return;
    const isRepeated = model.fence === fence;
    const raised = isRepeated ? model.watermark : Math.min(model.watermark + window, total);
    if (isRepeated) expect([n, from, upTo]).toEqual([model.begins, model.before, raised]);
    else expect([n, from, upTo]).toEqual([model.begins + 1, model.watermark, raised]);
    const bits = new Bits(total, answered);
    expect([...model.begun.keys()].filter((position) => bits.has(position))).toEqual(
      [...model.answered].toSorted((a, b) => a - b),
    );
    expect(new Set(positionsOf(String(cancelled)))).toEqual(model.cancelled);
    // It has got its answer before, and handed them over then.
    if (isRepeated) return;
    handOver(model, from, upTo, positionsOf(String(cancelled)));
    model.before = model.watermark;
    model.hosts.set(fence, { answered: new Set(model.answered), watermark: raised });
    Object.assign(model, { begins: n, fence, watermark: raised });
  });

let fetches = 0;
const beginFetched = (isHeard: boolean): Step =>
  new Step(`BullMQ gives it out, and it is begun${isHeard ? '' : ', unheard'}`, async (model) => {
    const fence = `early ${fetches++}`;
    const prefixes = [keys.job(''), keys.batch(''), keys.producer('')];
    const args = [keys.active, 'token', fence, 'key', total, 60_000, ...prefixes];
    const [id, answer] = await redis.mrBeginFetchedBuffer(...args);
    // One that has been begun may run here still.
    if (!model.known || model.begins > 0) return expect(id).toBeUndefined();
    expect(String(id)).toBe('b');
    const [status, n, from, upTo, , cancelled] = answer;
    expect(String(status)).toBe(model.done ? 'done' : model.alive ? 'begun' : 'orphan');
    if (String(status) !== 'begun') return;
    expect([n, from, upTo]).toEqual([model.begins + 1, model.watermark, total]);
    if (isHeard) {
      handOver(model, from, upTo, positionsOf(String(cancelled)));
      model.hosts.set(fence, { answered: new Set(model.answered), watermark: upTo });
    } else model.unheard.add(fence);
    model.before = model.watermark;
    Object.assign(model, { begins: n, fence, watermark: upTo });
  });

const retract = (): Step =>
  new Step('what was unheard is taken back', async (model) => {
    for (const fence of model.unheard) {
      const isOurs = model.known && !model.done && model.fence === fence;
      expect(await redis.mrRetract(keys.active, fence, '', keys.batch(''))).toBe(isOurs ? 1 : 0);
      if (isOurs)
        Object.assign(model, { begins: model.begins - 1, watermark: model.before, fence: undefined });
    }
    model.unheard.clear();
  });

const reply = (fence: string, positions: readonly number[], raise: number, last: boolean): Step =>
  new Step(`reply ${fence} [${positions.join()}] +${raise}${last ? ' last' : ''}`, async (model) => {
    const host = model.hosts.get(fence);
    const upTo = Math.min((host?.watermark ?? 0) + raise, total);
    const answered = new Set([...(host?.answered ?? []), ...positions.filter((each) => each < upTo - raise)]);
    const [taken, cancelled] = await redis.mrReply(
      keys.batch('b'),
      keys.replies('p'),
      fence,
      bitsOf(answered),
      upTo,
      last ? 1 : 0,
      60_000,
      60_000,
      60_000,
      'b',
      'body',
      'seal',
    );
    const isOwn = model.known && !model.done && model.fence === fence && host !== undefined;
    expect(taken).toBe(isOwn ? 1 : 0);
    if (!isOwn) return;
    model.entries++;
    expect(new Set(positionsOf(cancelled))).toEqual(model.cancelled);
    handOver(model, model.watermark, upTo, positionsOf(cancelled));
    host.answered = answered;
    host.watermark = Math.max(host.watermark, upTo);
    model.answered = new Set(answered);
    model.watermark = Math.max(model.watermark, upTo);
    model.done = last;
  });

const cancel = (mode: 'cancel' | 'recall', positions: readonly number[]): Step =>
  new Step(`${mode} [${positions.join()}]`, async (model) => {
    const answers: number[] = await redis.mrCancel(keys.batch('b'), mode, ...positions);
    const expected = positions.map((position) => {
      if (!model.known) return 3;
      if (model.done || model.answered.has(position)) return 2;
      return position >= model.watermark ? 0 : 1;
    });
    expect(answers).toEqual(expected);
    for (const [index, position] of positions.entries()) {
      if (expected[index] === 0) model.never.add(position);
      if (expected[index] === 0 || (expected[index] === 1 && mode === 'cancel'))
        model.cancelled.add(position);
    }
  });

const producer = (alive: boolean): Step =>
  new Step(alive ? 'producer lives' : 'producer dies', async (model) => {
    await (alive ? redis.set(keys.producer('p'), '1') : redis.del(keys.producer('p')));
    model.alive = alive;
  });

const expire = (): Step =>
  new Step('the hash expires', async (model) => {
    await redis.del(keys.batch('b'));
    forget(model);
  });

const fences = fc.constantFrom('A', 'B', 'C');
const someOf = fc.uniqueArray(fc.nat(total - 1), { minLength: 1, maxLength: 5 });
const steps = [
  fc.constant(0).map(open),
  fc.tuple(fences, fc.integer({ min: 1, max: 6 })).map((args) => begin(...args)),
  fc.tuple(fences, someOf, fc.nat(4), fc.boolean()).map((args) => reply(...args)),
  fc.tuple(fences, someOf, fc.nat(4), fc.constant(false)).map((args) => reply(...args)),
  fc.tuple(fc.constantFrom('cancel' as const, 'recall' as const), someOf).map((args) => cancel(...args)),
  fc.boolean().map(producer),
  fc.boolean().map(beginFetched),
  fc.constant(0).map(retract),
];

const lock = `${keys.job('b')}:lock`;
/** What BullMQ keeps, and a life sign that a test sets. */
const ofOthers = [keys.producer('p'), keys.active, lock];

/** What is true whatever has happened. */
async function checkPromises(model: Model): Promise<void> {
  for (const position of model.never) expect(model.begun[position], 'it was said to never begin').toBe(0);
  for (const times of model.begun) expect(times, 'begun twice without a doubt').toBeLessThanOrEqual(1);
  expect(await redis.xlen(keys.replies('p'))).toBe(model.entries);
  for (const key of await redis.keys(`${keys.prefix}:*`)) {
    if (!ofOthers.includes(key)) expect(await redis.pttl(key), `${key} expires`).toBeGreaterThan(0);
  }
}

async function play(model: Model, commands: Iterable<fc.AsyncCommand<Model, object>>): Promise<void> {
  await redis.flushall();
  await redis.set(keys.producer('p'), '1');
  await redis.lpush(keys.active, 'another', 'b');
  await redis.set(lock, 'token');
  await fc.asyncModelRun(() => ({ model, real: {} }), commands);
  await checkPromises(model);
}

test('any order of open, begin, reply and cancel: a position begins once, and what was taken back never', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(steps, { maxCommands: 40, size: 'max' }), (commands) =>
      play(fresh(), commands),
    ),
    { numRuns: 300 },
  );
});

test('a batch whose hash has expired is begun by nobody', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.commands(steps, { maxCommands: 15, size: 'max' }),
      fences,
      async (commands, fence) => {
        const model = fresh();
        await play(model, commands);
        await expire().run(model);
        await begin(fence, 4).run(model);
        await reply(fence, [0], 2, false).run(model);
        await checkPromises(model);
      },
    ),
    { numRuns: 50 },
  );
});

describe('a batch that BullMQ gives out', () => {
  const fetch = async (token: string, key: string, most: number): Promise<unknown[]> => {
    const prefixes = [keys.job(''), keys.batch(''), keys.producer('')];
    return redis.mrBeginFetched(keys.active, token, 'fence', key, most, 60_000, ...prefixes);
  };
  beforeEach(() => play(fresh(), []));

  test('is begun along with that only if a host would begin with as many tasks at once', async () => {
    await redis.mrOpen(keys.batch('b'), 60_000, 'p', 3, 'key');
    expect(await fetch('token', 'key', 2)).toEqual([]);
    expect(await redis.hget(keys.batch('b'), 'n')).toBe('0');
    expect(await fetch('token', 'key', 3)).toEqual(['b', ['begun', 1, 0, 3, '', '']]);
  });

  test('is left alone if it is sealed with another secret, may lack its arguments, or is given to another', async () => {
    await redis.mrOpen(keys.batch('b'), 60_000, 'p', 1, 'key');
    expect(await fetch('token', 'another key', 8)).toEqual([]);
    expect(await fetch('another token', 'key', 8)).toEqual([]);
    await redis.del(keys.batch('b'));
    await redis.mrOpen(keys.batch('b'), 60_000, 'p', 0, 'key');
    expect(await fetch('token', 'key', 8)).toEqual([]);
    expect(await redis.hget(keys.batch('b'), 'n')).toBe('0');
  });
});
