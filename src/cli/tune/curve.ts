import { plot } from 'simple-ascii-chart';
import type { Figures } from './figures.ts';
import { amount } from './format.ts';
import type { Knee } from './knee.ts';

/** A setting, and the throughput at it in tasks per second. */
type Point = readonly [setting: number, perSecond: number];

const height = 8;

/** Columns that the axis and its labels take beside the curve. */
const margin = 12;

/** Line segments of the curve between two settings. */
const pieces = 16;

/**
 * Draws two curves as text: the best throughput with each number of workers, and the throughput by outstanding tasks with
 * the knee's workers. A dot marks the knee. A curve of a single point is left out.
 *
 * @param columns width of the terminal.
 */
export function curves(all: readonly Figures[], { knee }: Knee, columns: number): string {
  const numbers = [...new Set(all.map(({ workers }) => workers))];
  const rates = (workers: number) => all.filter((each) => each.workers === workers);
  const byWorkers = numbers.map(
    (workers): Point => [workers, Math.max(...rates(workers).map(({ perSecond }) => perSecond))],
  );
  const byOutstanding = rates(knee.workers).map(
    ({ outstanding, perSecond }): Point => [outstanding, perSecond],
  );
  const width = Math.max(20, Math.min(columns - margin, 60));
  return [
    draw(byWorkers, knee.workers, 'workers', width),
    draw(
      byOutstanding,
      knee.outstanding,
      `outstanding tasks, ${knee.workers} ${knee.workers === 1 ? 'worker' : 'workers'}`,
      width,
    ),
  ]
    .filter((text) => text !== undefined)
    .join('\n\n');
}

function draw(steps: readonly Point[], knee: number, xLabel: string, width: number): string | undefined {
  if (steps.length < 2) return undefined;
  const at = steps.findIndex(([setting]) => setting === knee);
  const top = Math.max(...steps.map(([, perSecond]) => perSecond));
  const text = plot(joined(steps), {
    width,
    height,
    title: 'tasks/s',
    xLabel,
    yRange: [0, top],
    customYAxisTicks: [0, top / 2, top],
    // Settings double, so the axis is logarithmic: each setting is one step from the next.
    customXAxisTicks: steps.map((_, index) => index),
    formatter: (value, { axis }) => (axis === 'x' ? String(steps[value]?.[0]) : amount(value)),
    points: [{ x: at, y: steps[at]?.[1] ?? 0 }],
  });
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .join('\n');
}

/** Interpolates between the points, since the chart would draw steps from one point to the next. */
function joined(steps: readonly Point[]): [number, number][] {
  return steps.flatMap(([, from], index) => {
    const to = steps[index + 1]?.[1];
    if (to === undefined) return [[index, from]];
    return Array.from({ length: pieces }, (_, piece): [number, number] => {
      const share = piece / pieces;
      return [index + share, from + (to - from) * share];
    });
  });
}
