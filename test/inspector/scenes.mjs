import { availableParallelism } from 'node:os';
import { Executor, tasks } from '../../dist/index.js';
import { openInspector } from '../../dist/inspector/index.js';

/*
 * `node scenes.mjs NAME` makes a limit on purpose, serves the inspector, and prints its address. It goes on until it is killed. The
 * threads nap as a rule: what a machine with few processors does with many of them at once is not what is to be seen.
 *
 * With the URL of a module that exports `Recorder` as its second argument it sends what verdicts are said from to its parent instead.
 */

const work = tasks(new URL('../fixtures/scenes.mjs', import.meta.url));

const forever = async (turn) => {
  for (;;) await turn();
};
/** So many callers, each with one task after the other. */
const callers = (count, call) => {
  for (let index = 0; index < count; index++) void forever(call);
};
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const block = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
const tried = (future) => void future?.result().catch(() => {});

/** Options of the executor, and what is done with it. */
const scenes = {
  'main-silent': [{ workers: 1 }, () => forever(async () => (await pause(100), block(4000)))],
  'thread-died': [
    { workers: 2 },
    () => forever(async () => (await executor.run(work.die()).catch(() => {}), await pause(400))),
  ],
  idle: [{ workers: 2 }, () => {}],
  'refused-few': [
    { workers: 2, maxPending: 100 },
    () =>
      forever(async () => {
        // One more than there are places, and no more of them before these are done.
        const all = Array.from({ length: 103 }, () => executor.trySubmit(work.nap(0)));
        await Promise.allSettled(all.map(async (future) => future?.result()));
        await pause(20);
      }),
  ],
  'refused-many': [
    { workers: 1, maxPending: 0 },
    () =>
      forever(async () => {
        for (let index = 0; index < 10; index++) tried(executor.trySubmit(work.nap(5)));
        await pause(20);
      }),
  ],
  'main-limit': [
    { workers: 2 },
    () => {
      const turn = () => {
        const end = performance.now() + 20;
        while (performance.now() < end);
        tried(executor.trySubmit(work.nap(0)));
        setImmediate(turn);
      };
      turn();
    },
  ],
  'tasks-wait': [{ workers: 2 }, () => callers(2, () => executor.run(work.nap(30))), { alone: true }],
  // Of more threads than any machine has processors some have none.
  'machine-limit': [
    { workers: 4 * availableParallelism() },
    () => callers(4 * availableParallelism(), () => executor.run(work.spin(30))),
    { alone: true },
  ],
  'threads-limit': [{ workers: 2, maxPending: 4 }, () => callers(30, () => executor.run(work.nap(25)))],
  'bytes-limit': [
    { workers: 4, maxPendingBytes: 1024 * 1024 },
    () => callers(6, () => executor.run(work.sizeOf(new Uint8Array(1024 * 1024), 4))),
  ],
  'pending-limit': [
    { workers: 4, maxPending: 0 },
    () => {
      // Each answer waits for the main thread, and until then nothing follows it.
      callers(8, () => executor.run(work.nap(8)));
      setInterval(() => block(14), 20);
    },
  ],
  'threads-starved': [
    { workers: 2, execArgv: ['--import', new URL('../fixtures/slow-boot.mjs', import.meta.url).href] },
    () => callers(10, () => executor.run(work.nap(5))),
  ],
  'places-full': [
    { workers: 4, maxPending: 0 },
    () => {
      // As many callers as places, each of which goes on when the main thread comes round.
      callers(4, () => executor.run(work.nap(8)));
      setInterval(() => block(14), 20);
    },
  ],
  'queue-long': [
    { workers: 2, maxPending: 200 },
    // In waves, so that the threads are not busy all the time.
    () =>
      forever(
        async () => (
          await Promise.all(Array.from({ length: 180 }, () => executor.run(work.nap(4)))), await pause(170)
        ),
      ),
  ],
  'well-fed': [{ workers: 2 }, () => callers(2, () => executor.run(work.nap(40)))],
  'reader-slow': [
    { workers: 2 },
    async () => {
      for await (const _ of executor.map(endless(), () => work.nap(1), { window: 20 })) await pause(20);
    },
  ],
  'source-slow': [
    { workers: 2 },
    async () => {
      async function* source() {
        for (;;) {
          await pause(30);
          yield 0;
        }
      }
      for await (const _ of executor.map(source(), () => work.nap(1)));
    },
  ],
  room: [{ workers: 4 }, () => forever(async () => (await executor.run(work.nap(10)), await pause(60)))],
  mixture: [
    { workers: 8, maxPending: 48, name: 'images' },
    () => {
      const between = (low, high) => low + Math.random() * (high - low);
      const many = (count, make) => {
        for (let index = 0; index < count; index++) tried(executor.trySubmit(make()));
      };
      setInterval(() => {
        many(2, () => work.thumbnail(between(20, 80)));
        many(Math.random() < 0.5 ? 1 : 0, () => work.encode(between(60, 150)));
        many(7, () => work.hash(between(0.5, 9)));
      }, 40);
      setInterval(() => {
        many(30, () => work.tiny());
        many(1, () => work.convert(20));
      }, 900);
      setInterval(() => {
        const batch = Array.from({ length: 90 }, () => executor.run(work.score(between(60, 150))));
        void Promise.allSettled(batch);
      }, 8000);
      setTimeout(() => tried(executor.trySubmit(work.die())), 8800);
      void (async () => {
        async function* source() {
          for (;;) {
            await pause(40);
            yield 5;
          }
        }
        for await (const _ of executor.map(source(), (ms) => work.hash(ms), { window: 24 }));
      })();
    },
  ],
  label: [
    { workers: 1 },
    () =>
      forever(async () => {
        await executor.run(work.fails(), { label: '<img src=x onerror=alert(1)>' }).catch(() => {});
        await pause(200);
      }),
  ],
};

function* endless() {
  for (let index = 0; ; index++) yield index;
}

const [, , name, recording] = process.argv;
const [options, act, { alone = false } = {}] = scenes[name];
const executor = new Executor({ name: 'scene', ...options });
const others = [];
if (!alone) {
  // With two executors at work nobody can tell whose the processor time is.
  const other = new Executor({ workers: 1, name: 'other' });
  callers(1, () => other.run(work.nap(200)));
  others.push(other);
}
if (recording === undefined) {
  const server = await openInspector([executor, ...others], { record: 'always' });
  process.stdout.write(`${server.url}\n`);
} else {
  const { Recorder } = await import(recording);
  const recorder = new Recorder([executor, ...others], () => process.send(recorder.scene(executor)));
  recorder.start();
}
void act();
