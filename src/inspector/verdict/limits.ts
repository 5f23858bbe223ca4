import { busyText, full, queueIsLong, slack } from './rule.ts';
import type { Rule } from './rule.ts';
import type { Scene } from './scene.ts';
import { callers, count, duration, percent } from './words.ts';

/** Is more work waiting than the threads are running? */
const demand = ({ waiting, queued, workers, streams }: Scene) =>
  waiting >= 0.5 || queued >= Math.max(1, workers / 2) || streams.place >= 0.3;

/** Rules for resources that limit throughput. */
export const limits: readonly Rule[] = [
  {
    kind: 'main-limit',
    holds: ({ mainBusy, busy }) => mainBusy > 0.95 && busy < slack,
    say: (scene) => ({
      level: 'bad',
      title: 'The main thread is the limit',
      text: `Its event loop is ${percent(scene.mainBusy)} busy, and the threads only ${busyText(scene)}. Move work from it into tasks, or give each task more to do.`,
      past: `the main thread was the limit: ${percent(scene.mainBusy)} busy, threads ${busyText(scene)}`,
    }),
  },
  {
    kind: 'tasks-wait',
    holds: ({ busy, computing, machineBusy }) =>
      busy >= 0.6 && computing !== undefined && computing < 0.6 * busy && (machineBusy ?? 1) < 0.9,
    say: ({ busy, computing = 0 }, { waitsOn }) => ({
      level: 'note',
      title: `Tasks wait for ${waitsOn}`,
      text: `The threads have tasks for ${percent(busy)} of the time, and compute for ${percent(computing)} of it. More workers may help, up to what ${waitsOn} can do.`,
      past: `${waitsOn} was the limit: threads ${percent(computing)} busy`,
    }),
  },
  {
    kind: 'machine-limit',
    holds: ({ busy, computing, machineBusy }) =>
      busy >= 0.6 && computing !== undefined && computing < 0.6 * busy && (machineBusy ?? 0) >= 0.9,
    say: ({ busy, computing = 0 }) => ({
      level: 'note',
      title: 'The processors are the limit',
      text: `The threads have tasks for ${percent(busy)} of the time, and a processor for ${percent(computing)} of it: other processes use them, or there are more threads than processors.`,
      past: `the processors were the limit: threads had one for ${percent(computing)} of the time`,
    }),
  },
  {
    kind: 'threads-limit',
    holds: (scene) => scene.busy >= full && demand(scene),
    say: (scene) => {
      const { waiting, placeWaitMs, culprit, busy, queueMs, runMs } = scene;
      const parts = [`${percent(busy)} busy`];
      if (waiting >= 0.5) {
        parts.push(
          placeWaitMs === undefined
            ? `${callers(waiting)} for a place`
            : `${callers(waiting)} ${duration(placeWaitMs)} for a place`,
        );
      } else parts.push(`${count(scene.queued)} tasks are queued`);
      const blame =
        culprit !== undefined && culprit.share > 0.5
          ? ` ${culprit.name} takes ${percent(culprit.share)}.`
          : '';
      const advice = queueIsLong(scene)
        ? ` Tasks wait ${duration(queueMs)} in the queue and run ${duration(runMs)}: a smaller maxPending would lose nothing.`
        : '';
      return {
        level: waiting >= 0.5 ? 'bad' : 'note',
        title: 'Saturated: the threads are the limit',
        text: `${parts.join(', ')}.${blame}${advice}`,
        past: `the threads were the limit: ${percent(busy)} busy${blame === '' ? '' : `, ${percent(culprit?.share ?? 0)} of it in ${culprit?.name ?? ''}`}`,
      };
    },
  },
  {
    kind: 'bytes-limit',
    holds: ({ bytesFull, waiting, streams }) => bytesFull >= 0.5 && (waiting >= 0.5 || streams.place >= 0.3),
    say: (scene) => ({
      level: 'bad',
      title: 'The bytes of arguments are the limit',
      text: `Callers wait because maxPendingBytes is reached, with the threads ${busyText(scene)}. Raise it, or let tasks read their data themselves.`,
      past: `maxPendingBytes was the limit: threads ${busyText(scene)}`,
    }),
  },
  {
    kind: 'pending-limit',
    holds: ({ waiting, busy, queued, workers, placesFull }) =>
      waiting >= 0.5 && busy < slack && placesFull >= 0.3 && queued < Math.max(1, workers / 4),
    say: (scene) => ({
      level: 'bad',
      title: 'maxPending is too small',
      text: `${callers(scene.waiting)} for a place, while the threads are ${busyText(scene)} and nothing is queued for them.`,
      past: `maxPending was the limit: callers waited, threads ${busyText(scene)}`,
    }),
  },
];
