import { emptyScene, verdict } from 'millrace/inspector';
import type { Scene, VerdictKind } from 'millrace/inspector';
import fc from '../support/fast-check.ts';
import { describe, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';

/** Eight threads that are at work: what a scene does not say. */
const atWork: Scene = {
  ...emptyScene,
  spanMs: 3000,
  workers: 8,
  capacity: 56,
  submitted: 3000,
  fulfilled: 3000,
  busy: 0.5,
  mainBusy: 0.2,
  running: 4,
  runMs: 4,
  queueMs: 1,
  culprit: { name: 'thumbnail', share: 0.3 },
};

/** A scene, and what is said of it. */
const scenes: readonly [VerdictKind, Partial<Scene>, title: string, text: RegExp, past: string][] = [
  [
    'main-silent',
    { silentMs: 5200 },
    'The main thread is silent: no sign of life for 5.2 s',
    /without a pause/,
    'the main thread was silent for 5.2 s',
  ],
  [
    'thread-died',
    { deaths: 1, deadTask: 'convert' },
    'A thread died',
    /executing convert, which is lost/,
    'a thread died, executing convert',
  ],
  ['thread-died', { deaths: 3 }, '3 threads died', /executing no task/, '3 threads died'],
  [
    'idle',
    { submitted: 0, fulfilled: 0, busy: 0, running: 0 },
    'Idle: nothing to do',
    /8 threads wait/,
    'there was nothing to do',
  ],
  [
    'refused',
    { refused: 8, submitted: 9000, busy: 0.81 },
    'A few tasks are refused: 2.7 a second',
    /^That is 0\.09 % of them\. The threads are 81 % busy; a burst is longer than the queue\.$/,
    '8 tasks were refused (0.09 %): threads 81 % busy',
  ],
  [
    'refused',
    { refused: 3000, submitted: 6000, busy: 1 },
    'Tasks are refused: 1,000 a second',
    /^That is 50 % of them/,
    '3,000 tasks were refused (50 %): threads 100 % busy',
  ],
  [
    'main-limit',
    { mainBusy: 0.99, busy: 0.4 },
    'The main thread is the limit',
    /99 % busy, and the threads only 40 % busy/,
    'the main thread was the limit: 99 % busy, threads 40 % busy',
  ],
  [
    'tasks-wait',
    { busy: 0.95, computing: 0.4, machineBusy: 0.5 },
    'Tasks wait for the disk',
    /have tasks for 95 % of the time, and compute for 40 % of it/,
    'the disk was the limit: threads 40 % busy',
  ],
  [
    'machine-limit',
    { busy: 0.95, computing: 0.4, machineBusy: 0.97 },
    'The processors are the limit',
    /a processor for 40 % of it: other processes use them/,
    'the processors were the limit: threads had one for 40 % of the time',
  ],
  [
    'threads-limit',
    { busy: 0.87, waiting: 34, placeWaitMs: 150, culprit: { name: 'thumbnail', share: 0.92 } },
    'Saturated: the threads are the limit',
    /^87 % busy, 34 callers wait 150 ms for a place\. thumbnail takes 92 %\.$/,
    'the threads were the limit: 87 % busy, 92 % of it in thumbnail',
  ],
  [
    'threads-limit',
    { busy: 0.99, waiting: 1, queued: 200, queueMs: 90, runMs: 4 },
    'Saturated: the threads are the limit',
    /^99 % busy, 1 caller waits for a place\. Tasks wait 90 ms in the queue and run 4 ms: a smaller maxPending would lose nothing\.$/,
    'the threads were the limit: 99 % busy',
  ],
  [
    'threads-limit',
    { busy: 0.99, queued: 12 },
    'Saturated: the threads are the limit',
    /^99 % busy, 12 tasks are queued\.$/,
    'the threads were the limit: 99 % busy',
  ],
  [
    'bytes-limit',
    { bytesFull: 0.9, waiting: 3, busy: 0.6 },
    'The bytes of arguments are the limit',
    /maxPendingBytes is reached, with the threads 60 % busy/,
    'maxPendingBytes was the limit: threads 60 % busy',
  ],
  [
    'pending-limit',
    { waiting: 5, busy: 0.6, placesFull: 0.9, queued: 0 },
    'maxPending is too small',
    /^5 callers wait for a place, while the threads are 60 % busy and nothing is queued for them\.$/,
    'maxPending was the limit: callers waited, threads 60 % busy',
  ],
  [
    'threads-starved',
    { queued: 20, busy: 0.3 },
    'There is work, and threads are idle',
    /20 tasks are queued, and the threads are 30 % busy/,
    'threads were idle with work at hand: 30 % busy',
  ],
  [
    'threads-starved',
    { queued: 20, busy: 0.3, hostThreads: 8 },
    'There is work, and threads are idle',
    /20 tasks are queued, and the threads of the hosts are 30 % busy: hosts are being started, Redis is slow, or/,
    'threads were idle with work at hand: 30 % busy',
  ],
  [
    'threads-starved',
    { queued: 20, busy: 0, hostThreads: 0 },
    'There is work, and no host',
    /^20 tasks are queued, and no host is there to run them\.$/,
    'there was work, and no host',
  ],
  [
    'idle',
    { submitted: 0, fulfilled: 0, busy: 0, running: 0, hostThreads: 0 },
    'Idle: nothing to do',
    /^No host is there either\.$/,
    'there was nothing to do',
  ],
  [
    'reader-slow',
    {
      queued: 20,
      busy: 0.3,
      streams: { source: 0, place: 0, tasks: 0.2, reader: 0.8 },
      origins: { callers: 0, streams: 1, tasks: 0 },
    },
    'The reader is the limit',
    /^Loops wait for whoever reads their results, 80 % of the time/,
    'whoever reads the results was the limit: threads 30 % busy',
  ],
  [
    'reader-slow',
    {
      submitted: 0,
      fulfilled: 0,
      busy: 7e-10,
      running: 0,
      streams: { source: 0, place: 0, tasks: 0, reader: 1 },
    },
    'The reader is the limit',
    /^Loops wait for whoever reads their results, 100 % of the time/,
    'whoever reads the results was the limit: threads 0.01 % busy',
  ],
  [
    'places-full',
    { placesFull: 0.9, busy: 0.7 },
    'Every place is taken',
    /All 56 places are taken most of the time, with the threads 70 % busy/,
    'every place was taken: threads 70 % busy',
  ],
  [
    'queue-long',
    { queued: 40, queueMs: 60, runMs: 4, busy: 0.84 },
    'The queue is longer than need be',
    /^Tasks wait 60 ms in it and run 4 ms\. A smaller maxPending would lose nothing/,
    'the queue was longer than need be: 60 ms for tasks of 4 ms',
  ],
  ['well-fed', { busy: 0.88 }, 'Busy and well fed', /88 % busy/, 'the threads were well fed: 88 % busy'],
  [
    'reader-slow',
    { streams: { source: 0, place: 0, tasks: 0.2, reader: 0.8 } },
    'The reader is the limit',
    /whoever reads their results, 80 % of the time/,
    'whoever reads the results was the limit: threads 50 % busy',
  ],
  [
    'source-slow',
    {
      streams: { source: 0.7, place: 0, tasks: 0.3, reader: 0 },
      origins: { callers: 0, streams: 1, tasks: 0 },
    },
    'The source is the limit',
    /wait for the walk, 70 % of the time/,
    'the walk was the limit: threads 50 % busy',
  ],
  ['room', {}, 'Room to spare', /50 % busy/, 'there was room to spare: threads 50 % busy'],
];

describe('a verdict says', () => {
  test.each(scenes)('%s %#', (kind, scene, title, text, past) => {
    const said = verdict({ ...atWork, ...scene }, { waitsOn: 'the disk', source: 'the walk' });
    expect(said).toMatchObject({ kind, title, past });
    expect(said.text).toMatch(text);
  });

  test('of a slow source nothing, if tasks come from callers', () => {
    const streams = { source: 0.7, place: 0, tasks: 0.3, reader: 0 };
    expect(verdict({ ...atWork, streams }).kind).toBe('room');
  });

  test('of tasks that wait nothing, if nobody knows whether the machine has time', () => {
    const waits = { ...atWork, busy: 0.95, computing: 0.4 };
    expect(verdict(waits).kind).toBe('well-fed');
  });

  test('each of its sentences above', () => {
    const kinds = new Set(scenes.map(([kind]) => kind));
    expect(kinds.size).toBe(17);
  });
});

/** What the recorder saw when scenes.mjs was at work (`npm run scenes`), by the scene's name. */
const recorded = readFileSync(new URL('scenes.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as [name: string, scene: Partial<Scene>]);

/** What is said of each of them. The figures in it are those of the machine on which it was recorded. */
const said: Record<string, [kind: VerdictKind, title: RegExp, text: RegExp, past: RegExp]> = {
  'main-silent': [
    'main-silent',
    /^The main thread is silent: no sign of life for [34](\.\d)? s$/,
    /nobody is answered/,
    /^the main thread was silent for [34](\.\d)? s$/,
  ],
  'thread-died': [
    'thread-died',
    /^(A thread|\d threads) died$/,
    /^It was executing die, which is lost/,
    /died, executing die$/,
  ],
  idle: ['idle', /^Idle: nothing to do$/, /^2 threads wait for tasks\.$/, /^there was nothing to do$/],
  'refused-few': [
    'refused',
    /^A few tasks are refused: [\d.,]+ a second$/,
    /^That is [\d.]+ % of them\. The threads are \d+ % busy; a burst is longer than the queue\.$/,
    /^\d+ tasks were refused \(1|0\.\d % /,
  ],
  'refused-many': [
    'refused',
    /^Tasks are refused: [\d.,]+ a second$/,
    /^That is \d+ % of them, with the threads \d+ % busy\. More comes than can be done in time\.$/,
    /^[\d,]+ tasks were refused \(\d\d %\): threads \d+ % busy$/,
  ],
  'main-limit': [
    'main-limit',
    /^The main thread is the limit$/,
    /^Its event loop is (9\d|100) % busy, and the threads only \d+ % busy\./,
    /^the main thread was the limit: (9\d|100) % busy, threads \d+ % busy$/,
  ],
  'tasks-wait': [
    'tasks-wait',
    /^Tasks wait for the disk$/,
    /^The threads have tasks for (\d\d|100) % of the time, and compute for [\d.]+ % of it\./,
    /^the disk was the limit: threads [\d.]+ % busy$/,
  ],
  'machine-limit': [
    'machine-limit',
    /^The processors are the limit$/,
    /^The threads have tasks for (\d\d|100) % of the time, and a processor for [\d.]+ % of it:/,
    /^the processors were the limit: threads had one for [\d.]+ % of the time$/,
  ],
  'threads-limit': [
    'threads-limit',
    /^Saturated: the threads are the limit$/,
    /^(\d\d|100) % busy, 2\d callers wait [\d.]+ m?s for a place\. nap takes 100 %\./,
    /^the threads were the limit: (\d\d|100) % busy, 100 % of it in nap$/,
  ],
  'bytes-limit': [
    'bytes-limit',
    /^The bytes of arguments are the limit$/,
    /^Callers wait because maxPendingBytes is reached, with the threads \d+ % busy\./,
    /^maxPendingBytes was the limit: threads [\d.]+ % busy$/,
  ],
  'pending-limit': [
    'pending-limit',
    /^maxPending is too small$/,
    /^[\d.]+ callers? waits? for a place, while the threads are \d+ % busy and nothing is queued for them\.$/,
    /^maxPending was the limit: callers waited, threads \d+ % busy$/,
  ],
  'threads-starved': [
    'threads-starved',
    /^There is work, and threads are idle$/,
    /^[\d.]+ tasks are queued, and the threads are \d+ % busy: threads are being started, /,
    /^threads were idle with work at hand: \d+ % busy$/,
  ],
  'places-full': [
    'places-full',
    /^Every place is taken$/,
    /^All 4 places are taken most of the time, with the threads \d+ % busy\. One task more has to wait\.$/,
    /^every place was taken: threads \d+ % busy$/,
  ],
  'queue-long': [
    'queue-long',
    /^The queue is longer than need be$/,
    /^Tasks wait [\d.]+ ms in it and run [\d.]+ ms\. A smaller maxPending would lose nothing/,
    /^the queue was longer than need be: [\d.]+ ms for tasks of [\d.]+ ms$/,
  ],
  'well-fed': [
    'well-fed',
    /^Busy and well fed$/,
    /^The threads are (\d\d|100) % busy, and nobody waits for long\.$/,
    /^the threads were well fed: (\d\d|100) % busy$/,
  ],
  'reader-slow': [
    'reader-slow',
    /^The reader is the limit$/,
    /^Loops wait for whoever reads their results, (\d\d|100) % of the time\. The threads are \d+ % busy\.$/,
    /^whoever reads the results was the limit: threads [\d.]+ % busy$/,
  ],
  'source-slow': [
    'source-slow',
    /^The source is the limit$/,
    /^Loops wait for the walk, (\d\d|100) % of the time\. The threads are \d+ % busy\.$/,
    /^the walk was the limit: threads [\d.]+ % busy$/,
  ],
  room: [
    'room',
    /^Room to spare$/,
    /^The threads are \d+ % busy, and tasks begin at once or nearly\.$/,
    /^there was room to spare: threads \d+ % busy$/,
  ],
};

describe('of what was recorded a verdict says', () => {
  test.each(Object.entries(said))('%s', (name, [kind, title, text, past]) => {
    const scenes = recorded.filter(([of]) => of === name).map(([, scene]) => scene);
    expect(scenes).toHaveLength(3);
    for (const scene of scenes) {
      const verdictOfIt = verdict({ ...emptyScene, ...scene }, { waitsOn: 'the disk', source: 'the walk' });
      expect(verdictOfIt.kind).toBe(kind);
      expect(verdictOfIt.title).toMatch(title);
      expect(verdictOfIt.text).toMatch(text);
      expect(verdictOfIt.past).toMatch(past);
    }
  });

  test('each of its sentences', () => {
    expect(new Set(recorded.map(([name]) => name))).toEqual(new Set(Object.keys(said)));
    expect(new Set(Object.values(said).map(([kind]) => kind)).size).toBe(17);
  });
});

test('of whatever scene a verdict is a sentence', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const amount = fc.double({ min: 0, max: 1e9, noNaN: true });
  const scene = fc.record({
    ...Object.fromEntries(
      Object.entries(emptyScene).map(([name, value]) => [
        name,
        typeof value === 'number' ? amount : fc.constant(value),
      ]),
    ),
    busy: share,
    computing: fc.option(share, { nil: undefined }),
    machineBusy: fc.option(share, { nil: undefined }),
    mainBusy: share,
    placesFull: share,
    bytesFull: share,
    deadTask: fc.option(fc.constantFrom('a', 'b c'), { nil: undefined }),
    culprit: fc.option(fc.record({ name: fc.constantFrom('f', 'g'), share }), { nil: undefined }),
    streams: fc.record({ source: share, place: share, tasks: share, reader: share }),
    origins: fc.record({ callers: share, streams: share, tasks: share }),
  });
  fc.assert(
    fc.property(scene, (any) => {
      const { title, text, past, level } = verdict(any as unknown as Scene);
      expect([title, text, past].join(' ')).not.toMatch(/NaN|undefined|Infinity|null/);
      expect(['good', 'note', 'bad']).toContain(level);
    }),
  );
});
