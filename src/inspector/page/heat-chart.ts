import { duration } from '../verdict/words.ts';
import type { ChartSpec } from './chart.ts';
import { functionColor } from './colors.ts';
import type { Step } from './history.ts';
import type { View } from './view.ts';

/** Steps of run time per power of ten, from 1 µs on. The server counts calls by the same steps. */
const stepsPerDecade = 8;

/** Milliseconds in the middle of a step. */
export const stepMs = (step: number): number => 10 ** (step / stepsPerDecade) / 1000;

type Row = Step['own']['functions'][number];

export const slotOf = (row: Row): number => row[0] as number;
export const stepsOf = (row: Row): readonly number[] => row[6] as readonly number[];

/** The powers of ten, in microseconds, between which the run times of the window lie; at least two decades. */
function decades(view: View | undefined): readonly [low: number, high: number] {
  let low = Infinity;
  let high = -Infinity;
  for (const { own } of view?.steps ?? []) {
    for (const row of own.functions) {
      const steps = stepsOf(row);
      for (let index = 0; index < steps.length; index += 2) {
        low = Math.min(low, steps[index] as number);
        high = Math.max(high, steps[index] as number);
      }
    }
  }
  if (high < low) return [2, 6];
  const lowest = Math.max(0, Math.floor((low - 1) / stepsPerDecade));
  return [lowest, Math.max(lowest + 2, Math.ceil((high + 1) / stepsPerDecade))];
}

/** How long calls ran. The more of the threads' time a step took, the darker it is. */
export const heatChart: ChartSpec = {
  label: 'Run times',
  grid: true,
  height: (_, width) => (width < 500 ? 160 : 210),
  range: (view) => decades(view),
  splits(view) {
    const [low, high] = decades(view);
    return Array.from({ length: high - low + 1 }, (_, index) => low + index);
  },
  text: (decade) => duration(10 ** decade / 1000),
  draw(context, view, at) {
    for (const { at: end, spanMs, own } of view.steps) {
      const x = at.x(end - spanMs);
      const width = Math.max(at.ratio, at.x(end) - x);
      for (const row of own.functions) {
        const steps = stepsOf(row);
        context.fillStyle = functionColor(slotOf(row));
        for (let index = 0; index < steps.length; index += 2) {
          const [step = 0, calls = 0] = steps.slice(index, index + 2);
          const share = (calls * stepMs(step)) / (spanMs * own.workers);
          context.globalAlpha = Math.min(1, 0.2 + 0.8 * Math.sqrt(share));
          const top = at.y((step + 0.5) / stepsPerDecade);
          context.fillRect(x, top, width, Math.max(at.ratio, at.y((step - 0.5) / stepsPerDecade) - top));
        }
      }
    }
    context.globalAlpha = 1;
  },
};
