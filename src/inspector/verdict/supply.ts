import { busyText, full, queueIsLong, slack } from './rule.ts';
import type { Rule } from './rule.ts';
import { count, duration, percent } from './words.ts';

/** Rules for how well sources supply the threads, and readers take their results. */
export const supply: readonly Rule[] = [
  {
    kind: 'threads-starved',
    // Loops whose readers are slow may have begun with a burst that waited for the first thread.
    holds: ({ queued, busy, workers, streams, origins }) =>
      queued >= Math.max(1, workers / 2) && busy < 0.6 && !(streams.reader >= 0.5 && origins.streams >= 0.5),
    say: (scene) =>
      scene.hostThreads === 0
        ? {
            level: 'bad',
            title: 'There is work, and no host',
            text: `${count(scene.queued)} tasks are queued, and no host is there to run them.`,
            past: 'there was work, and no host',
          }
        : {
            level: 'note',
            title: 'There is work, and threads are idle',
            text: `${count(scene.queued)} tasks are queued, and the threads${scene.hostThreads === undefined ? '' : ' of the hosts'} are ${busyText(scene)}: ${scene.hostThreads === undefined ? 'threads are being started' : 'hosts are being started, Redis is slow'}, or the main thread comes too late to feed them (${percent(scene.mainBusy)} busy).`,
            past: `threads were idle with work at hand: ${busyText(scene)}`,
          },
  },
  {
    kind: 'places-full',
    holds: ({ placesFull, busy, streams }) => placesFull >= 0.8 && busy < full && streams.reader < 0.5,
    say: (scene) => ({
      level: 'note',
      title: 'Every place is taken',
      text: `All ${count(scene.capacity)} places are taken most of the time, with the threads ${busyText(scene)}. One task more has to wait.`,
      past: `every place was taken: threads ${busyText(scene)}`,
    }),
  },
  {
    kind: 'queue-long',
    holds: queueIsLong,
    say: (scene) => ({
      level: 'note',
      title: 'The queue is longer than need be',
      text: `Tasks wait ${duration(scene.queueMs)} in it and run ${duration(scene.runMs)}. A smaller maxPending would lose nothing, and answers would come sooner.`,
      past: `the queue was longer than need be: ${duration(scene.queueMs)} for tasks of ${duration(scene.runMs)}`,
    }),
  },
  {
    kind: 'well-fed',
    holds: ({ busy }) => busy >= slack,
    say: (scene) => ({
      level: 'good',
      title: 'Busy and well fed',
      text: `The threads are ${busyText(scene)}, and nobody waits for long.`,
      past: `the threads were well fed: ${busyText(scene)}`,
    }),
  },
  {
    kind: 'reader-slow',
    holds: ({ streams }) => streams.reader >= 0.5,
    say: (scene) => ({
      level: 'note',
      title: 'The reader is the limit',
      text: `Loops wait for whoever reads their results, ${percent(scene.streams.reader)} of the time. The threads are ${busyText(scene)}.`,
      past: `whoever reads the results was the limit: threads ${busyText(scene)}`,
    }),
  },
  {
    kind: 'source-slow',
    holds: ({ streams, origins }) => streams.source >= 0.5 && origins.streams >= 0.5,
    say: (scene, { source }) => ({
      level: 'note',
      title: 'The source is the limit',
      text: `Loops wait for ${source}, ${percent(scene.streams.source)} of the time. The threads are ${busyText(scene)}.`,
      past: `${source} was the limit: threads ${busyText(scene)}`,
    }),
  },
  {
    kind: 'room',
    holds: () => true,
    say: (scene) => ({
      level: 'good',
      title: 'Room to spare',
      text: `The threads are ${busyText(scene)}, and tasks begin at once or nearly.`,
      past: `there was room to spare: threads ${busyText(scene)}`,
    }),
  },
];
