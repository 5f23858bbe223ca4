import { count, duration, percent } from '../verdict/words.ts';
import { el, say, svg } from './dom.ts';
import type { Step } from './history.ts';
import { perSecond, recent } from './view.ts';
import type { View } from './view.ts';

interface Shown {
  readonly value: string;
  readonly unit?: string;
  readonly note: string;
  readonly bad?: boolean;
}

interface TileSpec {
  readonly title: string;
  readonly curve: (step: Step) => number;
  /** Value at the top of the curve; by default the highest in the window. */
  readonly top?: number;
  show(view: View): Shown;
}

const ended = ({ own }: Step) => own.counts.fulfilled;

const specs: readonly TileSpec[] = [
  {
    title: 'Done a second',
    curve: (step) => (ended(step) * 1000) / step.spanMs,
    show: (view) => ({
      value: count(perSecond(view, ended)),
      note: `${count(view.latest.own.fulfilled)} fulfilled in all`,
    }),
  },
  {
    title: 'Threads busy',
    curve: ({ own }) => own.busy,
    top: 1,
    show: ({ latest: { own } }) => ({
      value: percent(own.busy),
      note: `${count(own.busy * own.workers)} of ${own.workers}`,
    }),
  },
  {
    title: 'Wait until it runs',
    curve: ({ own }) => own.waitP50,
    show: ({ latest: { own } }) => ({
      value: duration(own.waitP50),
      note: `99 % of a minute ${duration(own.waitP99)}`,
    }),
  },
  {
    title: 'Wait for a place',
    curve: ({ own }) => own.places.waiting,
    show: (view) => {
      const { forecastMs } = view.latest.own;
      return {
        value: count(recent(view, ({ own }) => own.places.waiting)),
        unit: 'callers',
        note: forecastMs === null ? 'no run time is known yet' : `a new one waits ${duration(forecastMs)}`,
      };
    },
  },
  {
    title: 'Refused',
    curve: ({ own, spanMs }) => (own.counts.refused * 1000) / spanMs,
    show: (view) => {
      const refused = perSecond(view, ({ own }) => own.counts.refused, 3000);
      const failed = perSecond(view, ({ own }) => own.counts.rejected, 3000);
      return {
        value: count(refused),
        unit: 'a second',
        note: `${count(failed)} failed a second`,
        bad: refused > 0,
      };
    },
  },
  {
    title: 'Main thread',
    curve: ({ mainBusy }) => mainBusy,
    top: 1,
    show: (view) => ({
      value: percent(recent(view, ({ mainBusy }) => mainBusy)),
      unit: 'busy',
      note: `late by ${duration(Math.max(0, ...view.steps.slice(-12).map(({ lateMs }) => lateMs)))} at most`,
    }),
  },
];

class Tile {
  readonly element: HTMLElement;
  readonly #spec: TileSpec;
  readonly #value = el('b', {});
  readonly #unit = el('span', {});
  readonly #note = el('p', { class: 'hint' });
  readonly #area = svg('path', { class: 'area' });
  readonly #line = svg('path', { class: 'line', 'vector-effect': 'non-scaling-stroke' });

  constructor(spec: TileSpec) {
    this.#spec = spec;
    const curve = svg(
      'svg',
      { viewBox: '0 0 100 24', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
      this.#area,
      this.#line,
    );
    const value = el('p', { class: 'value' }, this.#value, ' ', this.#unit);
    this.element = el('li', { class: 'tile' }, el('h2', {}, spec.title), value, this.#note, curve);
  }

  show(view: View): void {
    const { value, unit = '', note, bad = false } = this.#spec.show(view);
    this.element.classList.toggle('bad', bad);
    say(this.#value, value);
    say(this.#unit, unit);
    say(this.#note, note);
    const { curve, top } = this.#spec;
    const points = view.steps.map((step) => ({ at: step.at, value: curve(step) }));
    const highest = Math.max(top ?? 0, ...points.map((point) => point.value)) || 1;
    const x = (at: number) => (100 * (at - view.now + view.windowMs)) / view.windowMs;
    const y = (each: number) => 23 - 22 * (each / highest);
    const line = points.map(
      (point, index) => `${index === 0 ? 'M' : 'L'}${x(point.at).toFixed(2)} ${y(point.value).toFixed(2)}`,
    );
    const [first] = points;
    const end = `L${x(view.latest.at).toFixed(2)} 24`;
    this.#line.setAttribute('d', line.join(''));
    this.#area.setAttribute(
      'd',
      first === undefined ? '' : `${line.join('')}${end}L${x(first.at).toFixed(2)} 24Z`,
    );
  }
}

/** The most wanted figures, each with its curve. */
export class Tiles {
  readonly element: HTMLElement;
  readonly #tiles = specs.map((spec) => new Tile(spec));

  constructor() {
    this.element = el(
      'ul',
      { class: 'tiles', 'aria-label': 'Figures' },
      ...this.#tiles.map(({ element }) => element),
    );
  }

  show(view: View): void {
    for (const tile of this.#tiles) tile.show(view);
  }
}
