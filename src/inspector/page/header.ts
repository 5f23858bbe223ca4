import { el, say, svg } from './dom.ts';
import type { History } from './history.ts';
import { themeButton } from './theme.ts';

export interface HeaderEvents {
  chose(executor: number): void;
  paused(paused: boolean): void;
  window(ms: number): void;
  theme(): void;
}

const states = { live: 'live', lost: 'not connected', away: 'left', silent: 'silent' } as const;
const windows = [5, 15, 30, 60];

/** The name, a tab for each executor, and the viewer's controls. */
export class Header {
  readonly element: HTMLElement;
  readonly #tabs = el('nav', { 'aria-label': 'Executors' });
  readonly #state = el('span', { class: 'state' });
  readonly #pause = el(
    'button',
    { type: 'button', 'aria-pressed': 'false', 'aria-keyshortcuts': 'Space' },
    'Pause',
  );
  readonly #events: HeaderEvents;
  #names = '';
  #connection: keyof typeof states = 'lost';
  #paused = false;

  constructor(events: HeaderEvents, seconds: number) {
    this.#events = events;
    const options = windows.map((each) =>
      el('option', { value: String(each), selected: each === seconds ? '' : undefined }, `${each} s`),
    );
    const span = el('select', { 'aria-label': 'Seconds shown' }, ...options);
    span.addEventListener('change', () => events.window(Number(span.value) * 1000));
    this.#pause.addEventListener('click', () => this.pause(!this.#paused));
    this.element = el(
      'header',
      {},
      el('div', { class: 'brand' }, wheel(), el('strong', {}, 'Millrace')),
      this.#tabs,
      el(
        'div',
        { class: 'controls' },
        this.#state,
        this.#pause,
        span,
        themeButton(() => events.theme()),
      ),
    );
    this.state('lost');
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    this.#pause.setAttribute('aria-pressed', String(paused));
    this.#tell();
    this.#events.paused(paused);
  }

  get paused(): boolean {
    return this.#paused;
  }

  state(state: keyof typeof states): void {
    this.#connection = state;
    this.#tell();
  }

  show({ executors }: History, chosen: number): void {
    const names = [...executors].map(([id, { latest }]) => [id, latest?.own.name ?? ''] as const);
    const key = `${names.map(([id, name]) => `${id} ${name}`).join('\n')}\n${chosen}`;
    if (key === this.#names) return;
    this.#names = key;
    const focused = this.#tabs.contains(document.activeElement);
    this.#tabs.replaceChildren(
      ...names.map(([id, name]) => {
        const tab = el(
          'button',
          { type: 'button', 'aria-current': id === chosen ? 'true' : undefined },
          name,
        );
        tab.addEventListener('click', () => this.#events.chose(id));
        return tab;
      }),
    );
    if (focused) this.#tabs.querySelector<HTMLElement>('[aria-current]')?.focus();
  }

  #tell(): void {
    this.#state.dataset['state'] = this.#paused ? 'paused' : this.#connection;
    say(this.#state, this.#paused ? 'paused' : states[this.#connection]);
  }
}

function wheel(): SVGElement {
  return svg(
    'svg',
    { viewBox: '0 0 24 24', width: '26', height: '26', 'aria-hidden': 'true', class: 'wheel' },
    svg('circle', { cx: '12', cy: '9.5', r: '6.5' }),
    svg('path', { d: 'M12 3v13M5.5 9.5h13M7.4 4.9l9.2 9.2M16.6 4.9l-9.2 9.2' }),
    svg('path', { class: 'water', d: 'M1 21q2.75-3 5.5 0t5.5 0 5.5 0 5.5 0' }),
  );
}
