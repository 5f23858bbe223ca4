import type { ChartSpec, Projection } from './chart.ts';
import { functionColor, themed } from './colors.ts';
import type { View } from './view.ts';

const workersOf = (view: View | undefined): number =>
  Math.max(1, view?.latest.own.workers ?? 1, view?.latest.own.threads.length ?? 1);

/** Room above the rows for the marks of incidents; 1 is the height of a row. */
const head = (view: View | undefined): number => 0.7 * Math.max(1, workersOf(view) / 12);

const marks: Readonly<Record<string, string>> = {
  died: 'bad',
  rejected: 'bad',
  refused: 'note',
  cancelled: 'hint',
};

/** What each thread did: a row per thread, a colour per function. A span of short tasks is paler if its tasks took less of its time. */
export const threadsChart: ChartSpec = {
  label: 'What the threads do',
  grid: false,
  height(view, width) {
    const workers = workersOf(view);
    const row = workers <= 16 ? (width < 500 ? 18 : 24) : workers <= 32 ? 14 : 9;
    return Math.round(row * (workers + head(view)) + 34);
  },
  range: (view) => [0, workersOf(view) + head(view)],
  splits(view) {
    const workers = workersOf(view);
    const every = Math.ceil(workers / 16);
    return Array.from({ length: workers }, (_, index) => index)
      .filter((index) => index % every === 0)
      .map((index) => workers - index - 0.5);
  },
  text: (split, view) => String(workersOf(view) - split + 0.5),
  draw(context, view, at) {
    const workers = workersOf(view);
    const rowHeight = at.y(0) - at.y(1);
    const gap = Math.min(2 * at.ratio, rowHeight * 0.15);
    const top = (worker: number) => at.y(workers - worker) + gap / 2;
    context.fillStyle = themed('idle');
    for (let worker = 0; worker < workers; worker++) {
      // The place is empty, as its thread has not started: paint it fainter than an idle thread.
      context.globalAlpha = view.latest.own.threads[worker]?.[0] === 'cold' ? 0.35 : 1;
      context.fillRect(at.left, top(worker), at.width, rowHeight - gap);
    }
    for (const step of view.steps) {
      for (const { worker, slot, start, end, density } of step.spans) {
        const x = at.x(start);
        context.globalAlpha = 0.35 + 0.65 * density;
        context.fillStyle = functionColor(slot);
        context.fillRect(
          x,
          top(worker),
          Math.max(at.ratio * 0.75, at.x(end) - x - at.ratio * 0.25),
          rowHeight - gap,
        );
      }
    }
    drawRunning(context, view, at, top, rowHeight - gap);
    context.globalAlpha = 1;
    drawIncidents(context, view, at, top, rowHeight - gap);
  },
};

/** Draws the tasks that run now. A span comes only once its tasks are answered; until then the frame says since when each runs. */
function drawRunning(
  context: CanvasRenderingContext2D,
  { latest }: View,
  at: Projection,
  top: (worker: number) => number,
  height: number,
): void {
  context.globalAlpha = 0.8;
  for (const [worker, [, slot, sinceMs]] of latest.own.threads.entries()) {
    if (slot < 0) continue;
    const x = Math.max(at.left, at.x(latest.at - sinceMs));
    context.fillStyle = functionColor(slot);
    context.fillRect(x, top(worker), Math.max(at.ratio, at.x(latest.at) - x), height);
  }
}

function drawIncidents(
  context: CanvasRenderingContext2D,
  view: View,
  at: Projection,
  top: (worker: number) => number,
  height: number,
): void {
  for (const { at: when, latestAt, kind, worker } of view.history.incidents.values()) {
    if (latestAt < view.now - view.windowMs || when > view.now) continue;
    const x = at.x(Math.min(latestAt, view.now));
    context.fillStyle = themed(marks[kind] ?? 'hint');
    context.fillRect(x - at.ratio, at.top, 2 * at.ratio, 7 * at.ratio);
    if (kind !== 'died') continue;
    context.beginPath();
    context.moveTo(x - 5 * at.ratio, at.top);
    context.lineTo(x + 5 * at.ratio, at.top);
    context.lineTo(x, at.top + 8 * at.ratio);
    context.fill();
    if (worker >= 0)
      context.fillRect(x - 3 * at.ratio, top(worker) + height / 2 - 3 * at.ratio, 6 * at.ratio, 6 * at.ratio);
  }
}

/** The thread whose row contains a value of the vertical axis; -1 if there is none. */
export function workerAt(view: View, value: number): number {
  const worker = Math.floor(workersOf(view) - value);
  return worker >= 0 && worker < workersOf(view) ? worker : -1;
}
