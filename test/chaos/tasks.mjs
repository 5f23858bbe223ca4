import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import { tasks } from 'millrace';
import { cancellation, current, report, transferable } from 'millrace/worker';

const self = tasks(import.meta.url);

/** One word per task of the whole run: how often it was begun. Shared by all threads of all executors. */
const runs = new Int32Array(workerData.runs);
/** Tasks that tasks have submitted, in the whole run. */
const nested = new Int32Array(workerData.nested);
/** Lines that tasks were about to print, and lines that they had printed. */
const lines = new Int32Array(workerData.lines);
const storage = new AsyncLocalStorage();
const begin = (index) => Atomics.add(runs, index, 1) + 1;

export function quick(index) {
  begin(index);
  return index;
}

export function slow(index, us) {
  begin(index);
  const end = performance.now() + us / 1000;
  while (performance.now() < end);
  return index;
}

export async function asynchronous(index, ms) {
  begin(index);
  await sleep(ms);
  return index;
}

export function failing(index) {
  begin(index);
  throw Object.assign(new RangeError(`task ${index}`, { cause: index }), { code: 'E_CHAOS' });
}

export function falsy(index) {
  begin(index);
  throw [undefined, null, 0, '', false][index % 5];
}

export function uncloneable(index) {
  begin(index);
  return { deep: [() => index] };
}

export function unsent(index) {
  begin(index);
}

export function moved(index, bytes) {
  begin(index);
  bytes[0] = index & 0xff;
  return transferable(bytes, [bytes.buffer]);
}

export function copied(index, bytes) {
  begin(index);
  return { index, bytes };
}

/** Stops when it is told to. */
export function cooperative(index) {
  begin(index);
  const stop = cancellation();
  while (!stop.aborted) report(index);
  return index;
}

export function reporting(index) {
  begin(index);
  for (let step = 0; step < 10; step++) report(step);
  return index;
}

export function spinning(index) {
  begin(index);
  for (;;);
}

export function never(index) {
  begin(index);
  return new Promise(() => {});
}

export function thenable(index) {
  begin(index);
  return { then: (resolve) => resolve(index) };
}

export function generator(index) {
  begin(index);
  return (function* numbers() {
    yield index;
  })();
}

export function yielding(index, { isAsync, ...shape }) {
  return isAsync ? yieldingLater(index, shape) : yieldingNow(index, shape);
}
function* yieldingNow(index, { items, end, bytes, yielded }) {
  begin(index);
  const made = new Int32Array(yielded);
  const row = { n: 0 };
  for (row.n = 0; row.n < items; row.n++) {
    Atomics.add(made, 0, 1);
    yield bytes > 0 ? { n: row.n, bytes: new Uint8Array(bytes) } : row;
  }
  if (end === 'throw') throw new RangeError(`iteration ${index}`);
  if (end === 'exit') process.exit(7);
  return index;
}
async function* yieldingLater(index, shape) {
  for (const generator = yieldingNow(index, shape); ; ) {
    if (index % 5 === 0) await sleep(1);
    const { done, value } = generator.next();
    if (done) return value;
    yield value;
  }
}

/** Reads its source in one of the ways in which people do; the items count up from 0. */
export async function reading(index, source, { how, read }) {
  begin(index);
  const words = new Int32Array(read);
  if (how === 'none') return index;
  let next = 0;
  for await (const item of source) {
    const n = item.n ?? item;
    if (n !== next++) throw new Error(`item ${n} of task ${index} came after ${next - 1} others`);
    Atomics.store(words, 0, next);
    if (how !== 'all' && next === 20) break;
  }
  if (how === 'throw') throw new RangeError(`task ${index}`);
  if (how === 'exit') process.exit(7);
  return index;
}

export function exiting(index) {
  begin(index);
  process.exit(7);
}

/** Takes its thread down the first time. */
export function exitingOnce(index) {
  if (begin(index) === 1) process.exit(7);
  return index;
}

export async function throwing(index) {
  begin(index);
  setImmediate(() => {
    throw new Error(`uncaught in task ${index}`);
  });
  await new Promise(() => {});
}

export function throwingLater(index) {
  begin(index);
  setImmediate(() => {
    throw new Error(`uncaught after task ${index}`);
  });
  return index;
}

export function eating(index) {
  begin(index);
  const all = [];
  for (;;) all.push(Array.from({ length: 10_000 }, (_, n) => ({ n })));
}

/** A tree of tasks that wait for each other; the number of its nodes. */
export function nesting(index, shape) {
  begin(index);
  return node(shape);
}

export async function node({ levels, width, exits }) {
  if (levels === 0 && exits) process.exit(7);
  if (levels === 0) return 1;
  const children = Array.from({ length: width }, () => {
    Atomics.add(nested, 0, 1);
    return current().run(self.node({ levels: levels - 1, width, exits }));
  });
  const sizes = await Promise.all(children);
  return sizes.reduce((sum, size) => sum + size, 1);
}

export function printing(index, count) {
  begin(index);
  for (let line = 0; line < count; line++) {
    Atomics.add(lines, 0, 1);
    console.log(`line of a task: ${index}`);
    Atomics.add(lines, 1, 1);
  }
  return index;
}

/** What it sees, and what it leaves entered. */
export function entering(index) {
  begin(index);
  const seen = storage.getStore();
  storage.enterWith(index);
  return seen ?? index;
}

export async function enteringLater(index) {
  begin(index);
  const seen = storage.getStore();
  await sleep(0);
  storage.enterWith(index);
  await Promise.resolve();
  return seen ?? storage.getStore();
}

/** Says that its thread ends, which it does not. */
export function pretending(index) {
  begin(index);
  process.emit('exit', 0);
  process.emit('beforeExit', 0);
  process.emit('uncaughtExceptionMonitor', new Error('by hand'));
  return index;
}

export function spoiling(index) {
  begin(index);
  // oxlint-disable-next-line no-extend-native
  Map.prototype.forEach = () => {};
  return index;
}
