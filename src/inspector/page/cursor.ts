import { el } from './dom.ts';
import { finding } from './finding.ts';
import type { View } from './view.ts';

/** What the viewer points at: seconds from the right edge (0 or negative), and a thread, or -1 for all. */
export interface Point {
  readonly seconds: number;
  readonly worker: number;
}

/** A CSS length, kept 4 px inside the window. */
const within = (value: number, room: number): string => `${Math.max(4, Math.min(room - 4, value))}px`;

/**
 * The moment that the viewer points at. Arrow keys and the pointer move it. A tooltip shows what happened then, and a screen reader
 * speaks it.
 */
export class Cursor {
  /** Contains the chart of the threads. */
  readonly slider: HTMLElement = el('div', {
    class: 'cursor',
    role: 'slider',
    tabindex: '0',
    'aria-label': 'Moment looked at: arrow keys move it, Escape leaves it',
    'aria-valuemin': '-60',
    'aria-valuemax': '0',
    'aria-valuenow': '0',
    'aria-valuetext': 'now',
  });
  readonly tooltip: HTMLElement = el('div', { class: 'tooltip', 'aria-hidden': 'true' });
  readonly #view: () => View | undefined;
  readonly #moved: (seconds: number | null) => void;
  #at: Point | null = null;

  /** @param moved called with the cursor's seconds, for the charts to show; null if there is no cursor. */
  constructor(chart: HTMLElement, view: () => View | undefined, moved: (seconds: number | null) => void) {
    this.#view = view;
    this.#moved = moved;
    this.tooltip.hidden = true;
    this.slider.append(chart);
    this.slider.addEventListener('keydown', (event) => this.#pressed(event));
    this.slider.addEventListener('blur', () => this.point(null));
    addEventListener('scroll', () => this.#at !== null && this.point(this.#at), { passive: true });
  }

  point(to: Point | null): void {
    this.#at = to;
    const view = this.#view();
    this.#moved(to?.seconds ?? null);
    if (view !== undefined) this.show(view);
  }

  show(view: View): void {
    this.tooltip.hidden = this.#at === null;
    if (this.#at === null) return;
    const { seconds, worker } = this.#at;
    const lines = finding(view, seconds, worker);
    this.tooltip.replaceChildren(...lines.map((line) => el('p', {}, line)));
    this.slider.setAttribute('aria-valuenow', seconds.toFixed(1));
    this.slider.setAttribute('aria-valuetext', lines.join('; '));
    this.#place(seconds / (view.windowMs / 1000));
  }

  /** @param share offset from the right edge as a share of the chart's width, from -1 to 0. */
  #place(share: number): void {
    const over = this.slider.querySelector('.u-over')?.getBoundingClientRect();
    if (over === undefined) return;
    const x = over.left + over.width * (1 + share);
    const right = x > innerWidth / 2;
    const { offsetWidth, offsetHeight, style } = this.tooltip;
    style.left = within(right ? x - offsetWidth - 12 : x + 12, innerWidth - offsetWidth);
    style.top = within(over.top + over.height / 3, innerHeight - offsetHeight);
  }

  #pressed(event: KeyboardEvent): void {
    const view = this.#view();
    if (view === undefined) return;
    const seconds = view.windowMs / 1000;
    const step = seconds / (event.shiftKey ? 10 : 60);
    const at = this.#at ?? { seconds: 0, worker: -1 };
    const rows = view.latest.own.threads.length;
    const moved: Record<string, Point> = {
      ArrowLeft: { ...at, seconds: Math.max(-seconds, at.seconds - step) },
      ArrowRight: { ...at, seconds: Math.min(0, at.seconds + step) },
      ArrowDown: { ...at, worker: Math.min(rows - 1, at.worker + 1) },
      ArrowUp: { ...at, worker: Math.max(-1, at.worker - 1) },
      Home: { ...at, seconds: -seconds },
      End: { ...at, seconds: 0 },
    };
    const to = moved[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.point(to);
  }
}
