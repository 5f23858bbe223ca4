import { count } from '../verdict/words.ts';
import type { ChartSpec, Projection } from './chart.ts';
import { places, themed } from './colors.ts';
import type { Step } from './history.ts';
import type { View } from './view.ts';

/** The places from bottom to top: running tasks are the base. */
const stacked = [3, 2, 1, 4, 0].map((index) => places[index] as (typeof places)[number]);

const total = ({ own }: Step) => places.reduce((sum, { key }) => sum + own.places[key], 0);

function top(view: View | undefined): number {
  const most = Math.max(view?.latest.own.workers ?? 1, ...(view?.steps.map(total) ?? [1]));
  return nice(most * 1.05);
}

/** The number of tasks in each place, stacked, with lines for the capacity and the number of threads. */
export const placesChart: ChartSpec = {
  label: 'Tasks by place',
  grid: true,
  height: (_, width) => (width < 500 ? 160 : 210),
  range: (view) => [0, top(view)],
  splits: (view) => {
    const high = top(view);
    return [0, high / 4, high / 2, (high * 3) / 4, high].filter((split) => Number.isInteger(split));
  },
  text: (split) => count(split),
  draw(context, view, at) {
    const below = view.steps.map(() => 0);
    for (const { key, color } of stacked) {
      context.beginPath();
      for (const [index, step] of view.steps.entries())
        context.lineTo(at.x(step.at), at.y(below[index] as number));
      for (let index = view.steps.length - 1; index >= 0; index--) {
        const step = view.steps[index] as Step;
        (below[index] as number) += step.own.places[key];
        context.lineTo(at.x(step.at), at.y(below[index] as number));
      }
      context.fillStyle = color;
      context.fill();
    }
    const { capacity, workers } = view.latest.own;
    line(context, at, capacity, `capacity ${count(capacity)}`);
    line(context, at, workers, workers === 1 ? '1 thread' : `${count(workers)} threads`);
  },
};

function line(context: CanvasRenderingContext2D, at: Projection, value: number, text: string): void {
  const y = at.y(value);
  if (y < at.top) return;
  context.strokeStyle = themed('ink');
  context.globalAlpha = 0.55;
  context.lineWidth = at.ratio;
  context.setLineDash([5 * at.ratio, 4 * at.ratio]);
  context.beginPath();
  context.moveTo(at.left, y);
  context.lineTo(at.left + at.width, y);
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 1;
  context.font = `${11 * at.ratio}px system-ui, sans-serif`;
  context.textAlign = 'left';
  context.textBaseline = 'bottom';
  const width = context.measureText(text).width;
  context.fillStyle = themed('card');
  context.globalAlpha = 0.75;
  context.fillRect(at.left + 2 * at.ratio, y - 15 * at.ratio, width + 6 * at.ratio, 14 * at.ratio);
  context.globalAlpha = 1;
  context.fillStyle = themed('ink');
  context.fillText(text, at.left + 5 * at.ratio, y - 2 * at.ratio);
}

/** The next round number, which the axis divides by four. At least 4. */
function nice(value: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  const step = [1, 2, 4, 6, 8, 10].find((each) => each * magnitude >= value) ?? 10;
  return Math.max(4, step * magnitude);
}
