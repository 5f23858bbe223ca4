import { count, duration, percent } from '../verdict/words.ts';
import { places } from './colors.ts';
import type { Place } from './colors.ts';
import { el, panel, say } from './dom.ts';
import { perSecond, recent } from './view.ts';
import type { View } from './view.ts';

/** The number of tasks that fills a place; undefined if nothing bounds it. */
function room({ key }: Place, { latest: { own } }: View): number | undefined {
  if (key === 'queued') return Math.max(0, own.capacity - own.workers);
  return key === 'running' ? own.workers : undefined;
}

class Box {
  readonly element: HTMLElement;
  readonly #place: Place;
  readonly #value = el('b', {});
  readonly #of = el('span', {});
  readonly #each = el('p', {});
  readonly #level = el('i', { class: 'level', 'aria-hidden': 'true' });

  constructor(place: Place) {
    this.#place = place;
    this.#level.style.background = place.color;
    const value = el('p', { class: 'value' }, this.#value, ' ', this.#of);
    this.element = el('li', { class: 'place' }, this.#level, el('h3', {}, place.title), value, this.#each);
  }

  show(view: View, mean: number, perSecondDone: number): void {
    const all = room(this.#place, view);
    say(this.#value, count(mean));
    say(this.#of, this.#place.key === 'waiting' ? 'callers' : all === undefined ? '' : `of ${count(all)}`);
    // Little's law: tasks in a place, divided by tasks that pass it per second, is the time each stays.
    say(this.#each, perSecondDone === 0 ? '–' : `${duration((mean / perSecondDone) * 1000)} each`);
    const full = all ?? view.latest.own.capacity;
    this.#level.style.height = `${Math.min(100, (100 * mean) / Math.max(1, full)).toFixed(1)}%`;
  }
}

/** Where the tasks are, from the caller to the reader of their results. */
export class PlacesPanel {
  readonly element: HTMLElement;
  readonly #boxes = places.map((place) => new Box(place));
  readonly #parts = places.map(({ color }) => {
    const part = el('i', {});
    part.style.background = color;
    return part;
  });
  readonly #hint: Element;

  constructor() {
    const boxes = el('ol', { class: 'places' }, ...this.#boxes.map(({ element }) => element));
    const bar = el('div', { class: 'bar', 'aria-hidden': 'true' }, ...this.#parts);
    this.element = panel('where', 'Where the tasks are', '', boxes, bar);
    this.#hint = this.element.querySelector('.hint') as Element;
  }

  show(view: View): void {
    const means = places.map(({ key }) => recent(view, ({ own }) => own.places[key], 3000));
    const done = perSecond(view, ({ own: { counts } }) => counts.fulfilled + counts.rejected, 3000);
    const sum = means.reduce((total, mean) => total + mean, 0);
    for (const [index, box] of this.#boxes.entries()) box.show(view, means[index] as number, done);
    for (const [index, part] of this.#parts.entries())
      part.style.flexGrow = sum === 0 ? '0' : ((means[index] as number) / sum).toFixed(4);
    const shares = places.map(
      ({ title }, index) => `${title.toLowerCase()} ${percent((means[index] as number) / sum)}`,
    );
    say(this.#hint, sum === 0 ? 'There are none.' : `Of a task's time goes to: ${shares.join(', ')}`);
  }
}
