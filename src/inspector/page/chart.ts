import uPlot from 'uplot';
import { themed } from './colors.ts';
import { el } from './dom.ts';
import type { View } from './view.ts';

/** How one chart differs from the others. */
export interface ChartSpec {
  readonly label: string;
  height(view: View | undefined, width: number): number;
  /** Lowest and highest value of the vertical axis. */
  range(view: View | undefined): readonly [low: number, high: number];
  splits(view: View | undefined): number[];
  text(split: number, view: View | undefined): string;
  readonly grid: boolean;
  /** Draws on the canvas; `at` turns times and values into its pixels. */
  draw(context: CanvasRenderingContext2D, view: View, at: Projection): void;
}

export interface Projection {
  /** @param at milliseconds on the server's wall clock. */
  x(at: number): number;
  y(value: number): number;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Canvas pixels per CSS pixel. */
  readonly ratio: number;
}

const axisWidth = 48;
const axis = (): string => themed('hint');

/**
 * A chart over the window of time that the viewer has chosen. uPlot draws the axes and the cursor; the `ChartSpec` draws the data.
 */
export class Chart {
  readonly element: HTMLElement;
  readonly #spec: ChartSpec;
  readonly #plot: uPlot;
  #view: View | undefined;
  #width = 0;

  /** @param pointed called when the pointer moves, with seconds from the right edge (0 or negative) and a value; null when it leaves. */
  constructor(spec: ChartSpec, pointed: (at: { x: number; y: number } | null) => void) {
    this.#spec = spec;
    this.element = el('div', { class: 'chart', role: 'img', 'aria-label': spec.label });
    const font = '11px system-ui, sans-serif';
    this.#plot = new uPlot(
      {
        width: 300,
        height: 120,
        padding: [8, 12, 0, 0],
        legend: { show: false },
        cursor: { drag: { x: false, y: false }, points: { show: false }, y: false },
        scales: {
          x: { time: false, range: () => [-(this.#view?.windowMs ?? 15_000) / 1000, 0] },
          y: { range: () => [...spec.range(this.#view)] as [number, number] },
        },
        axes: [
          {
            stroke: axis,
            font,
            size: 22,
            gap: 4,
            grid: { show: false },
            ticks: { show: false },
            splits: () => splitsOf(this.#view?.windowMs ?? 15_000),
            values: (_, splits) => splits.map((split) => (split === 0 ? 'now' : `−${-split} s`)),
          },
          {
            stroke: axis,
            font,
            size: axisWidth,
            gap: 6,
            ticks: { show: false },
            grid: { show: spec.grid, stroke: () => themed('line'), width: 1 },
            splits: () => spec.splits(this.#view),
            values: (_, splits) => splits.map((split) => spec.text(split, this.#view)),
          },
        ],
        series: [{}, { show: true, paths: () => null, points: { show: false } }],
        hooks: {
          drawClear: [(plot) => this.#draw(plot)],
        },
      },
      [
        [-60, 0],
        [null, null],
      ],
      this.element,
    );
    const { over } = this.#plot;
    over.addEventListener('pointermove', ({ offsetX, offsetY }) =>
      pointed({ x: this.#plot.posToVal(offsetX, 'x'), y: this.#plot.posToVal(offsetY, 'y') }),
    );
    over.addEventListener('pointerleave', () => pointed(null));
    new ResizeObserver(() => this.#resize()).observe(this.element);
  }

  show(view: View): void {
    const before = this.#spec.height(this.#view, this.#width);
    this.#view = view;
    if (this.#width > 0 && before !== this.#spec.height(view, this.#width)) this.#resize();
    else this.#plot.redraw(true, true);
  }

  /** Moves the cursor to a moment, in seconds from the right edge (0 or negative); null hides it. */
  point(seconds: number | null): void {
    if (seconds === null) this.#plot.setCursor({ left: -10, top: -10 });
    else this.#plot.setCursor({ left: this.#plot.valToPos(seconds, 'x'), top: 0 });
  }

  describe(text: string): void {
    this.element.setAttribute('aria-label', text);
  }

  #resize(): void {
    this.#width = this.element.clientWidth;
    if (this.#width === 0) return;
    this.#plot.setSize({ width: this.#width, height: this.#spec.height(this.#view, this.#width) });
  }

  #draw(plot: uPlot): void {
    const view = this.#view;
    if (view === undefined) return;
    const { ctx: context, bbox } = plot;
    const ratio = devicePixelRatio;
    const at: Projection = {
      ...bbox,
      x: (time) => bbox.left + ((time - view.now + view.windowMs) / view.windowMs) * bbox.width,
      y: (value) => plot.valToPos(value, 'y', true),
      ratio,
    };
    context.save();
    context.beginPath();
    context.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    context.clip();
    this.#spec.draw(context, view, at);
    hatchUnwatched(context, view, at);
    context.restore();
  }
}

function splitsOf(windowMs: number): number[] {
  const step = windowMs / 5000;
  return [-4, -3, -2, -1, 0].map((index) => index * step);
}

/** Hatches the times without frames: the page must not show what it does not know as zero. */
function hatchUnwatched(context: CanvasRenderingContext2D, view: View, at: Projection): void {
  let from = view.now - view.windowMs;
  const gaps: [number, number][] = [];
  for (const { at: end, spanMs } of view.steps) {
    const start = end - spanMs;
    if (start - from > 100) gaps.push([from, start]);
    from = Math.max(from, end);
  }
  if (view.now - from > 600) gaps.push([from, view.now]);
  context.strokeStyle = themed('line');
  context.lineWidth = at.ratio;
  for (const [start, end] of gaps) {
    const [left, right] = [at.x(start), at.x(end)];
    context.save();
    context.beginPath();
    context.rect(left, at.top, right - left, at.height);
    context.clip();
    context.beginPath();
    for (let x = left - at.height; x < right; x += 8 * at.ratio) {
      context.moveTo(x, at.top + at.height);
      context.lineTo(x + at.height, at.top);
    }
    context.stroke();
    context.restore();
    if (right - left < 110 * at.ratio) continue;
    context.fillStyle = themed('hint');
    context.font = `${12 * at.ratio}px system-ui, sans-serif`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillText('not watched yet', (left + right) / 2, at.top + at.height / 2);
  }
}
