import { types } from 'node:util';
import { platformProbes } from './platform-work.ts';

/**
 * Do the built-ins still work? A task may have replaced some by equivalent ones (a polyfill, a wrapper). This code uses as few of
 * them as it can.
 */
export function builtinsWork(): boolean {
  try {
    for (let index = 0; index < probes.length; index++) {
      if (!(probes[index] as Probe)()) return false;
    }
    for (let index = 0; index < platformProbes.length; index++) {
      if (!(platformProbes[index] as Probe)()) return false;
    }
    return true;
  } catch {
    return false;
  }
}

/** Does the list, joined by spaces, equal the text? */
function is(list: readonly unknown[], text: string): boolean {
  let got = '';
  for (let index = 0; index < list.length; index++) got += `${index === 0 ? '' : ' '}${String(list[index])}`;
  return got === text;
}

function add(this: unknown, a: number, b: number): number {
  return Number(this) + a + b;
}

function* counts(): Generator<number, number, undefined> {
  yield 1;
  yield 2;
  return 3;
}

async function* countsLater(): AsyncGenerator<number> {
  yield 1;
}

const ascending = (a: number, b: number): number => a - b;
const isOdd = (value: number): boolean => value % 2 === 1;

type Probe = () => boolean;

/** Probes of the language's own built-ins. */
const probes: readonly Probe[] = [
  () => {
    const list = [3, 1, 2];
    list.push(5);
    list.unshift(4);
    const [first, ...others] = list;
    let sum = 0;
    for (const each of others) sum += each;
    list.forEach((each) => (sum += each));
    return (
      is(list, '4 3 1 2 5') &&
      first === 4 &&
      sum === 26 &&
      list.pop() === 5 &&
      list.shift() === 4 &&
      is(list.splice(1, 1), '1') &&
      is(list.slice(1), '2') &&
      is(list.concat([7, 8]).toReversed(), '8 7 2 3')
    );
  },
  () => {
    const list = [3, 1, 2];
    return (
      is(
        list.map((each) => each * 2),
        '6 2 4',
      ) &&
      is(list.filter(isOdd), '3 1') &&
      is(
        list.flatMap((each) => [each, 0]),
        '3 0 1 0 2 0',
      ) &&
      is(list.toSorted(ascending), '1 2 3') &&
      // oxlint-disable-next-line no-array-sort no-array-reverse
      is([...list].sort(ascending).reverse(), '3 2 1') &&
      is([...list.entries()], '0,3 1,1 2,2') &&
      is([...list.keys(), ...list.values()], '0 1 2 3 1 2') &&
      is([0, 0].fill(1), '1 1') &&
      list.some(isOdd) &&
      !list.every(isOdd) &&
      list.find((each) => each < 3) === 1 &&
      list.findIndex((each) => each < 3) === 1 &&
      list.at(-1) === 2 &&
      list.indexOf(2) === 2 &&
      list.includes(2) &&
      !list.includes(4) &&
      list.join('-') === '3-1-2' &&
      list.reduce((sum, each) => sum + each) === 6
    );
  },
  () =>
    Array.isArray([]) &&
    !Array.isArray({ length: 0 }) &&
    is(Array.from('ab'), 'a b') &&
    is(Array.of(1, 2), '1 2'),
  () => {
    const map = new Map([[1, 'a']]);
    map.set(2, 'b');
    let seen = '';
    map.forEach((value, key) => (seen += value + key));
    for (const [key, value] of map) seen += value + key;
    const all = [...map.entries(), ...map.keys(), ...map.values()];
    const has = map.has(1) && !map.has(3) && map.get(2) === 'b' && map.size === 2;
    const gone = map.delete(1) && !map.has(1);
    map.clear();
    return has && gone && seen === 'a1b2a1b2' && is(all, '1,a 2,b 1 2 a b') && is([...map], '');
  },
  () => {
    const set = new Set([1]);
    set.add(2).add(2);
    let seen = '';
    set.forEach((value) => (seen += value));
    const has =
      set.has(1) &&
      !set.has(3) &&
      set.size === 2 &&
      is([...set, ...set.values(), ...set.keys()], '1 2 1 2 1 2');
    return has && seen === '12' && set.delete(1) && !set.has(1);
  },
  () => {
    const generator = counts();
    const asynchronous = countsLater();
    return (
      generator[Symbol.iterator]() === generator &&
      generator.next().value === 1 &&
      generator.next().value === 2 &&
      generator.return(3).value === 3 &&
      is([...counts()], '1 2') &&
      asynchronous[Symbol.asyncIterator]() === asynchronous &&
      types.isPromise(asynchronous.next()) &&
      types.isPromise(asynchronous.return(undefined))
    );
  },
  () => {
    const key = {};
    const map = new WeakMap([[key, 1]]);
    const set = new WeakSet([key]);
    return (
      map.get(key) === 1 && map.has(key) && set.has(key) && !set.has({}) && map.delete(key) && !map.has(key)
    );
  },
  () => {
    const object = Object.create({ no: 0 }, { hidden: { value: 1 } }) as Record<string, unknown>;
    Object.assign(object, { a: 1 });
    Object.defineProperty(object, 'b', { value: 2, enumerable: true });
    const descriptors = Object.getOwnPropertyDescriptors(object);
    const frozen = Object.freeze(Object.fromEntries([['x', 1]]) as { x?: number });
    return (
      is(Object.entries(object), 'a,1 b,2') &&
      is([...Object.keys(object), ...Object.values(object)], 'a b 1 2') &&
      is([...Object.getOwnPropertyNames(object), ...Reflect.ownKeys(object)], 'hidden a b hidden a b') &&
      descriptors['hidden']?.value === 1 &&
      Object.getOwnPropertyDescriptor(object, 'b')?.enumerable === true &&
      Object.hasOwn(object, 'a') &&
      !Object.hasOwn(object, 'no') &&
      Object.getPrototypeOf(Object.setPrototypeOf({}, object)) === object &&
      Object.is(Reflect.get(frozen, 'x'), 1) &&
      !Reflect.set(frozen, 'x', 2) &&
      Reflect.has(object, 'no') &&
      Reflect.defineProperty({}, 'x', {}) &&
      Reflect.getPrototypeOf([]) === Array.prototype &&
      !('then' in {}) &&
      !('toJSON' in {}) &&
      !('0' in {}) &&
      !(Symbol.iterator in {}) &&
      !(Symbol.asyncIterator in {}) &&
      Object.prototype.toString.call([]) === '[object Array]' &&
      frozen.hasOwnProperty('x') &&
      frozen.constructor === Object
    );
  },
  () => {
    const made: unknown = Reflect.construct(Map, [[[1, 2]]]);
    return (
      add.call(1, 2, 3) === 6 &&
      add.apply(1, [2, 3]) === 6 &&
      add.bind(1, 2)(3) === 6 &&
      Reflect.apply(add, 1, [2, 3]) === 6 &&
      String(add).startsWith('function add(') &&
      made instanceof Map &&
      !([] instanceof Map) &&
      !({} instanceof Set)
    );
  },
  () =>
    'a-b-a'.replace('a', 'c') === 'c-b-a' &&
    is('a b'.split(' '), 'a b') &&
    is(Array.from('ab'), 'a b') &&
    'abc'.slice(1) === 'bc' &&
    'abc'.includes('b') &&
    'abc'.indexOf('c') === 2 &&
    ' a '.trim() === 'a' &&
    'abc'.match(/b(c)/)?.[1] === 'c' &&
    /b/.test('abc') &&
    !/d/.test('abc') &&
    /b(c)/.exec('abc')?.[1] === 'c' &&
    Number.isInteger(1) &&
    !Number.isInteger(0.5) &&
    !Number.isFinite(Infinity) &&
    Math.min(1, 2) + Math.max(3, 4) + Math.floor(1.5) + Math.ceil(1.5) + Math.round(1.6) === 10 &&
    JSON.stringify(JSON.parse('{"a":[1]}')) === '{"a":[1]}',
  () => {
    const words = new Int32Array(new SharedArrayBuffer(4));
    Atomics.add(words, 0, 2);
    const was = Atomics.exchange(words, 0, 5) + Atomics.compareExchange(words, 0, 5, 7);
    Atomics.store(words, 0, Atomics.load(words, 0) + 1);
    return was === 7 && words[0] === 8 && Atomics.notify(words, 0) === 0;
  },
];
