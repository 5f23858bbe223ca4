import { Chart } from './chart.ts';
import type { ChartSpec } from './chart.ts';
import { functionColor, places } from './colors.ts';
import { Connection } from './connection.ts';
import { Cursor } from './cursor.ts';
import { el, legend, panel } from './dom.ts';
import { Footer } from './footer.ts';
import { FunctionsTable } from './functions-table.ts';
import { Header } from './header.ts';
import { heatChart } from './heat-chart.ts';
import { History } from './history.ts';
import { IncidentsPanel, StreamsPanel } from './lists.ts';
import { placesChart } from './places-chart.ts';
import { PlacesPanel } from './places-panel.ts';
import { threadsChart, workerAt } from './threads-chart.ts';
import { Tiles } from './tiles.ts';
import { VerdictPanel } from './verdict-panel.ts';
import type { View } from './view.ts';

const history = new History();
let windowMs = 15_000;
let chosen = -1;
/** The moment at which the viewer paused the page, in milliseconds on the server's clock; null while it runs. */
let pausedAt: number | null = null;
let drawnMs = 0;
let due = false;

const header = new Header(
  {
    chose(executor) {
      chosen = executor;
      drawSoon();
    },
    paused(paused) {
      pausedAt = paused ? (history.latest?.at ?? null) : null;
      drawSoon();
    },
    window(ms) {
      windowMs = ms;
      drawSoon();
    },
    theme: () => drawSoon(),
  },
  windowMs / 1000,
);
const verdict = new VerdictPanel();
const tiles = new Tiles();
const where = new PlacesPanel();
const table = new FunctionsTable();
const incidents = new IncidentsPanel();
const streams = new StreamsPanel();
const footer = new Footer();

const chart = (spec: ChartSpec, isThreads = false) =>
  new Chart(spec, (at) => {
    const view = viewNow();
    cursor.point(
      at === null || view === undefined
        ? null
        : { seconds: at.x, worker: isThreads ? workerAt(view, at.y) : -1 },
    );
  });
const threads = chart(threadsChart, true);
const byPlace = chart(placesChart);
const heat = chart(heatChart);
const charts = [threads, byPlace, heat];

const cursor: Cursor = new Cursor(threads.element, viewNow, (seconds) => {
  for (const each of charts) each.point(seconds);
});
const threadLegend = el('ul', { class: 'legend' });
const placeLegend = legend(places.map(({ name, color }) => [name, color]));
const threadsPanel = panel('threads', 'What the threads do', '', cursor.slider);
threadsPanel.querySelector('.head')?.append(threadLegend);
const placesPanel = panel('by-place', 'Tasks by place', '', byPlace.element);
placesPanel.querySelector('.head')?.append(placeLegend);

const heatPanel = panel('heat', 'Run times', 'Darker: more of the threads’ time', heat.element);
const elsewhere = panel(
  'elsewhere',
  'Threads',
  'What they do, and which functions run, is on the tab of each host.',
);

document.body.append(
  header.element,
  el(
    'main',
    {},
    verdict.element,
    tiles.element,
    where.element,
    threadsPanel,
    placesPanel,
    heatPanel,
    elsewhere,
    table.element,
    incidents.element,
    streams.element,
  ),
  footer.element,
  cursor.tooltip,
);

const connection = new Connection({
  functions(functions) {
    history.functions = functions;
  },
  frame(frame) {
    if (history.add(frame) && !header.paused) header.state('live');
  },
  spans(spans) {
    history.addSpans(spans);
    drawSoon();
  },
  silent(silent) {
    header.state('silent');
    if (pausedAt === null) verdict.show(silent);
  },
  state: (state) => header.state(state),
});
connection.open();

function viewNow(): View | undefined {
  const own = history.executors.get(chosen) ?? history.executors.values().next().value;
  const latest = own?.latest;
  if (own === undefined || latest === undefined) return undefined;
  const now = pausedAt ?? latest.at;
  const steps = own.since(now - windowMs).filter(({ at }) => at <= now);
  return { history: own, functions: history.functions, now, windowMs, steps, latest: steps.at(-1) ?? latest };
}

/** Draws once at the browser's next animation frame, however many frames of the server arrive until then. */
function drawSoon(): void {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    draw();
  });
}

function draw(): void {
  const view = viewNow();
  if (view === undefined) return;
  const began = performance.now();
  chosen = view.latest.own.id;
  header.show(history, chosen);
  verdict.show(view.latest.own.verdict);
  const hosted = view.latest.own.hosted === true;
  for (const each of [threadsPanel, heatPanel, table.element]) each.hidden = hosted;
  elsewhere.hidden = !hosted;
  tiles.show(view);
  where.show(view);
  for (const each of hosted ? [byPlace] : charts) each.show(view);
  table.show(view);
  incidents.show(view);
  streams.show(view);
  showLegend(view);
  const process = view.history.latest?.own.process ?? history.latest;
  if (process !== undefined) footer.show(view, process, drawnMs);
  cursor.show(view);
  drawnMs += (performance.now() - began - drawnMs) / 8;
}

function showLegend(view: View): void {
  const seen = new Set(view.steps.flatMap(({ own }) => own.functions.map(([slot]) => slot as number)));
  const slots = [...seen]
    .filter((slot) => slot < 64)
    .toSorted((a, b) => a - b)
    .slice(0, 12);
  const key = slots.join();
  if (threadLegend.dataset['slots'] === key) return;
  threadLegend.dataset['slots'] = key;
  const items = legend(slots.map((slot) => [view.functions[slot]?.name ?? 'others', functionColor(slot)]));
  threadLegend.replaceChildren(...items.children);
}

const isControl = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('button, select, a, input') !== null;

addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === ' ' && !isControl(event.target)) {
    event.preventDefault();
    header.pause(!header.paused);
  } else if (event.key === 'Escape') cursor.point(null);
});
