import { busyText } from './rule.ts';
import type { Rule } from './rule.ts';
import type { Scene } from './scene.ts';
import { count, duration, percent } from './words.ts';

/** A loop that stands still with unread results, or a generator before its items, waits for a reader: there is something to do. */
const isIdle = ({ submitted, fulfilled, failed, refused, waiting, queued, sent, running, streams }: Scene) =>
  submitted + fulfilled + failed + refused === 0 &&
  waiting + queued + sent + running < 0.05 &&
  streams.reader < 0.5;

/** Rules for failures, and for an idle executor. */
export const troubles: readonly Rule[] = [
  {
    kind: 'main-silent',
    holds: ({ silentMs }) => silentMs >= 1000,
    say: ({ silentMs }) => ({
      level: 'bad',
      title: `The main thread is silent: no sign of life for ${duration(silentMs)}`,
      text: 'Something runs there without a pause. Threads that have finished wait for it, and nobody is answered.',
      past: `the main thread was silent for ${duration(silentMs)}`,
    }),
  },
  {
    kind: 'thread-died',
    holds: ({ deaths }) => deaths > 0,
    say: ({ deaths, deadTask }) => ({
      level: 'bad',
      title: deaths === 1 ? 'A thread died' : `${count(deaths)} threads died`,
      text:
        deadTask === undefined
          ? 'It was executing no task. Others take over what it had not begun.'
          : `It was executing ${deadTask}, which is lost unless it may be retried. Others take over what it had not begun.`,
      past: `${deaths === 1 ? 'a thread' : `${count(deaths)} threads`} died${deadTask === undefined ? '' : `, executing ${deadTask}`}`,
    }),
  },
  {
    kind: 'idle',
    holds: isIdle,
    say: ({ workers, hostThreads }) => ({
      level: 'good',
      title: 'Idle: nothing to do',
      text:
        hostThreads === 0
          ? 'No host is there either.'
          : `${workers === 1 ? 'The thread waits' : `${workers} threads wait`} for tasks.`,
      past: 'there was nothing to do',
    }),
  },
  {
    kind: 'refused',
    holds: ({ refused }) => refused > 0,
    say: (scene) => {
      const { refused, submitted, spanMs } = scene;
      const share = refused / Math.max(refused, submitted);
      const few = share < 0.02;
      const perSecond = count((refused * 1000) / Math.max(spanMs, 1));
      return {
        level: few ? 'note' : 'bad',
        title: few
          ? `A few tasks are refused: ${perSecond} a second`
          : `Tasks are refused: ${perSecond} a second`,
        text: few
          ? `That is ${percent(share)} of them. The threads are ${busyText(scene)}; a burst is longer than the queue.`
          : `That is ${percent(share)} of them, with the threads ${busyText(scene)}. More comes than can be done in time.`,
        past: `${count(refused)} tasks were refused (${percent(share)}): threads ${busyText(scene)}`,
      };
    },
  },
];
