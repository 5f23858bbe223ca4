import type { Verdict } from '../verdict/rule.ts';
import { el, say } from './dom.ts';

const marks = { good: '✓', note: '▲', bad: '!' } as const;
const spoken = { good: 'Good', note: 'Note', bad: 'Problem' } as const;

/** The verdict: a sentence that names the limit. A screen reader speaks it when its kind changes, not when only its figures do. */
export class VerdictPanel {
  readonly element: HTMLElement;
  readonly #mark = el('span', { class: 'mark', 'aria-hidden': 'true' });
  readonly #title = el('h1', {});
  readonly #text = el('p', {});
  readonly #live = el('p', { class: 'spoken', role: 'status' });
  #spoken = '';

  constructor() {
    this.element = el(
      'section',
      { class: 'verdict', 'aria-label': 'Verdict' },
      this.#mark,
      el('div', {}, this.#title, this.#text),
      this.#live,
    );
    this.show({ kind: 'idle', level: 'good', title: 'Connecting…', text: 'Nothing has been heard yet.' });
  }

  show({ kind, level, title, text }: Omit<Verdict, 'past'>): void {
    this.element.dataset['level'] = level;
    say(this.#mark, marks[level]);
    say(this.#title, title);
    say(this.#text, text);
    if (kind === this.#spoken) return;
    this.#spoken = kind;
    say(this.#live, `${spoken[level]}: ${title}. ${text}`);
  }
}
