import { count, duration, percent } from '../verdict/words.ts';
import { functionColor } from './colors.ts';
import { el, panel, say, swatch } from './dom.ts';
import { slotOf, stepMs, stepsOf } from './heat-chart.ts';
import { functionName } from './view.ts';
import type { View } from './view.ts';

interface Sum {
  calls: number;
  ranMs: number;
  waitedMs: number;
  longestMs: number;
  failed: number;
  readonly steps: number[];
}

const columns = [
  'Function',
  'Threads’ time',
  'Calls/s',
  'Run, median',
  '99 %',
  'Longest',
  'Waited',
  'Failed',
];
/** Most rows. */
const most = 20;

/** What each function took of the threads' time in the window shown, largest share first. */
export class FunctionsTable {
  readonly element: HTMLElement;
  readonly #body = el('tbody', {});

  constructor() {
    const head = el('tr', {}, ...columns.map((name) => el('th', { scope: 'col' }, name)));
    const table = el('table', {}, el('thead', {}, head), this.#body);
    const scroll = el(
      'div',
      { class: 'scroll', role: 'region', tabindex: '0', 'aria-label': 'Table of functions' },
      table,
    );
    this.element = panel(
      'functions',
      'Functions',
      'Of the time shown, by their part of the threads’ time',
      scroll,
    );
  }

  show(view: View): void {
    const sums = sumsOf(view);
    const spanMs = view.steps.reduce((sum, step) => sum + step.spanMs, 0);
    const threadMs = spanMs * view.latest.own.workers;
    const rows = [...sums].toSorted(([, a], [, b]) => b.ranMs - a.ranMs).slice(0, most);
    while (this.#body.rows.length > rows.length) this.#body.lastElementChild?.remove();
    for (const [index, [slot, sum]] of rows.entries()) {
      const row = this.#body.rows[index] ?? this.#body.appendChild(emptyRow());
      const file = view.functions[slot]?.file ?? '';
      fill(row, slot, functionName(view, slot), file, sum.ranMs / threadMs, [
        count((sum.calls * 1000) / Math.max(1, spanMs)),
        sum.calls === 0 ? '–' : duration(percentile(sum.steps, 0.5)),
        sum.calls === 0 ? '–' : duration(Math.min(percentile(sum.steps, 0.99), sum.longestMs)),
        sum.calls === 0 ? '–' : duration(sum.longestMs),
        sum.calls === 0 ? '–' : duration(sum.waitedMs / sum.calls),
        count(sum.failed),
      ]);
    }
    this.element.classList.toggle('empty', rows.length === 0);
  }
}

function sumsOf({ steps }: View): Map<number, Sum> {
  const sums = new Map<number, Sum>();
  for (const { own } of steps) {
    for (const row of own.functions) {
      const [, calls, ranMs, waitedMs, longestMs, failed] = row as readonly number[];
      const slot = slotOf(row);
      const sum = sums.get(slot) ?? { calls: 0, ranMs: 0, waitedMs: 0, longestMs: 0, failed: 0, steps: [] };
      sums.set(slot, sum);
      sum.calls += calls as number;
      sum.ranMs += ranMs as number;
      sum.waitedMs += waitedMs as number;
      sum.longestMs = Math.max(sum.longestMs, longestMs as number);
      sum.failed += failed as number;
      const counts = stepsOf(row);
      for (let index = 0; index < counts.length; index += 2) {
        const step = counts[index] as number;
        sum.steps[step] = (sum.steps[step] ?? 0) + (counts[index + 1] as number);
      }
    }
  }
  return sums;
}

function percentile(steps: readonly (number | undefined)[], share: number): number {
  const total = steps.reduce<number>((sum, calls) => sum + (calls ?? 0), 0);
  let left = total * share;
  for (const [step, calls = 0] of steps.entries()) {
    left -= calls;
    if (left <= 0 && calls > 0) return stepMs(step);
  }
  return 0;
}

function emptyRow(): HTMLTableRowElement {
  const name = el('th', { scope: 'row' }, swatch(''), el('span', {}), ' ', el('small', {}));
  const meter = el('span', { class: 'meter', 'aria-hidden': 'true' }, el('i', {}));
  const cells = columns.slice(2).map(() => el('td', {}));
  return el('tr', {}, name, el('td', { class: 'share' }, meter, el('span', {})), ...cells);
}

function fill(
  row: HTMLTableRowElement,
  slot: number,
  name: string,
  file: string,
  share: number,
  figures: readonly string[],
): void {
  const [head, time, ...cells] = [...row.cells];
  const square = head?.querySelector('i');
  if (square) square.style.background = functionColor(slot);
  say(head?.querySelector('span') as Element, name);
  say(head?.querySelector('small') as Element, file);
  const bar = time?.querySelector('i');
  if (bar) {
    bar.style.width = `${Math.min(100, share * 100).toFixed(1)}%`;
    bar.style.background = functionColor(slot);
  }
  say(time?.lastElementChild as Element, percent(share));
  for (const [index, cell] of cells.entries()) say(cell, figures[index] ?? '');
  cells.at(-1)?.classList.toggle('bad', figures.at(-1) !== '0');
}
