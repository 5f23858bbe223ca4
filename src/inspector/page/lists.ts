import { count, percent } from '../verdict/words.ts';
import { places } from './colors.ts';
import { el, panel, say } from './dom.ts';
import type { View } from './view.ts';

const mostIncidents = 60;

/** What went wrong, latest first. */
export class IncidentsPanel {
  readonly element: HTMLElement;
  readonly #list = el('ol', { class: 'incidents' });
  readonly #none = el('p', { class: 'none' }, 'Nothing so far.');
  #shown = '';

  constructor() {
    const scroll = el(
      'div',
      { class: 'scroll', role: 'region', tabindex: '0', 'aria-label': 'List of what went wrong' },
      this.#list,
      this.#none,
    );
    this.element = panel(
      'wrong',
      'What went wrong',
      'The same thing again within a second counts as one',
      scroll,
    );
  }

  show({ history, now }: View): void {
    const all = [...history.incidents.values()]
      .filter(({ at }) => at <= now)
      .slice(-mostIncidents)
      .toReversed();
    const key = all.map(({ id, count: times }) => `${id}.${times}`).join();
    if (key === this.#shown) return;
    this.#shown = key;
    this.#none.hidden = all.length > 0;
    this.#list.replaceChildren(
      ...all.map(({ latestAt, kind, label, detail, worker, count: times }) =>
        el(
          'li',
          { 'data-kind': kind },
          el('time', {}, clock(latestAt)),
          el('b', {}, kind),
          el('span', {}, label, ' ', el('small', {}, detail + (worker >= 0 ? `, thread ${worker + 1}` : ''))),
          el('span', { class: 'times' }, times > 1 ? `× ${count(times)}` : ''),
        ),
      ),
    );
  }
}

const words: readonly string[] = ['its source', 'a place', 'its tasks', 'its reader'];

/** Streams and other loops over sources, and what each waits for. */
export class StreamsPanel {
  readonly element: HTMLElement;
  readonly #list = el('ul', { class: 'streams' });
  readonly #none = el('p', { class: 'none' }, 'There are none.');

  constructor() {
    const hint = 'map, flatMap, iterate and other loops: what they wait for';
    this.element = panel('loops', 'Streams', hint, this.#list, this.#none);
  }

  show({ latest }: View): void {
    const { streams } = latest.own;
    this.#none.hidden = streams.length > 0;
    while (this.#list.children.length > streams.length) this.#list.lastElementChild?.remove();
    for (const [index, row] of streams.entries()) {
      const item = this.#list.children[index] ?? this.#list.appendChild(emptyStream());
      const [id, kind, window = 1, open = 0, unread = 0, pulled = 0, ...shares] = row;
      const most = shares.indexOf(Math.max(...shares));
      const [name, waits, figures] = [...item.querySelectorAll('span')];
      say(name as Element, `${kind} ${id}`);
      say(waits as Element, `waits for ${words[most] ?? ''} (${percent(shares[most] ?? 0)})`);
      say(
        figures as Element,
        `${count(open - unread)} in flight, ${count(unread)} unread of ${count(window)}; ${count(pulled)} pulled`,
      );
      const [ready, flying] = [...item.querySelectorAll('i')];
      (ready as HTMLElement).style.width = `${Math.min(100, (100 * unread) / window).toFixed(1)}%`;
      (flying as HTMLElement).style.width = `${Math.min(100, (100 * (open - unread)) / window).toFixed(1)}%`;
    }
  }
}

function emptyStream(): HTMLElement {
  const [ready, flying] = [el('i', {}), el('i', {})];
  ready.style.background = places[4]?.color ?? '';
  flying.style.background = places[3]?.color ?? '';
  const bar = el('div', { class: 'window', 'aria-hidden': 'true' }, ready, flying);
  return el(
    'li',
    {},
    el('p', {}, el('span', { class: 'name' }), ' ', el('span', {}), ' ', el('span', { class: 'figures' })),
    bar,
  );
}

const clock = (at: number): string => new Date(at).toLocaleTimeString('en-GB');
