/*
 * The Trace Event Format as Perfetto's importer takes it, as far as traces here use it: what it would drop, move or misread is a
 * fault. Times are compared as whole tenths of a microsecond, in which they were made.
 */

export interface TraceEvent {
  readonly ph: string;
  readonly name: string;
  readonly ts: number;
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly id?: string;
  readonly cat?: string;
  readonly bp?: string;
  readonly s?: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

const tick = (micros: number): number => Math.round(micros * 10);
const trackOf = ({ pid, tid }: TraceEvent): string => `${pid}.${tid}`;
const isTime = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value) && value >= 0;

/** What each phase must have beside `ph`, `name`, `pid` and `tid`. */
const fields: Readonly<Record<string, (event: TraceEvent) => boolean>> = {
  M: ({ args }) => args !== undefined,
  X: ({ ts, dur }) => isTime(ts) && isTime(dur),
  i: ({ ts, s }) => isTime(ts) && /^[gpt]$/.test(s ?? ''),
  C: ({ ts, args }) => isTime(ts) && Object.values(args ?? { none: '' }).every((value) => isTime(value)),
  b: ({ ts, id, cat }) => isTime(ts) && id !== undefined && cat !== undefined,
  e: ({ ts, id, cat }) => isTime(ts) && id !== undefined && cat !== undefined,
  s: ({ ts, id, cat }) => isTime(ts) && id !== undefined && cat !== undefined,
  // Without `bp` it would go to the next slice that begins, not to the one that holds it.
  f: ({ ts, id, cat, bp }) => isTime(ts) && id !== undefined && cat !== undefined && bp === 'e',
};

/** All that is wrong with a trace, one line each. */
export function faults(events: readonly TraceEvent[]): string[] {
  return [
    ...events.flatMap(shape),
    ...nesting(events),
    ...pairs(events, 'b', 'e'),
    ...pairs(events, 's', 'f'),
    ...arrowsWithoutSlices(events),
    ...clocks(events),
    ...nameless(events),
  ];
}

function shape(event: TraceEvent): string[] {
  const { ph, name, pid, tid } = event;
  const isWhole =
    typeof name === 'string' &&
    Number.isInteger(pid) &&
    Number.isInteger(tid) &&
    (fields[ph]?.(event) ?? false);
  return isWhole ? [] : [`no event of its kind: ${JSON.stringify(event)}`];
}

/** Slices of one track lie in one another or apart. */
function nesting(events: readonly TraceEvent[]): string[] {
  const found: string[] = [];
  for (const [track, slices] of byTrack(events)) {
    const open: { readonly end: number; readonly name: string }[] = [];
    for (const { ts, dur = 0, name } of slices) {
      const start = tick(ts);
      const end = start + tick(dur);
      while ((open.at(-1)?.end ?? Infinity) <= start) open.pop();
      const outer = open.at(-1);
      if (outer !== undefined && end > outer.end)
        found.push(`${track}: ${name} reaches out of ${outer.name}`);
      open.push({ end, name });
    }
  }
  return found;
}

/** Slices by track, in the order in which they open. */
function byTrack(events: readonly TraceEvent[]): Map<string, TraceEvent[]> {
  const tracks = new Map<string, TraceEvent[]>();
  for (const event of events) {
    if (event.ph !== 'X') continue;
    const track = tracks.get(trackOf(event));
    if (track === undefined) tracks.set(trackOf(event), [event]);
    else track.push(event);
  }
  for (const slices of tracks.values())
    slices.sort((a, b) => tick(a.ts) - tick(b.ts) || tick(b.dur ?? 0) - tick(a.dur ?? 0));
  return tracks;
}

/** Each begin has its end, not before it, and until then no other of its id. */
function pairs(events: readonly TraceEvent[], begin: string, end: string): string[] {
  const found: string[] = [];
  const all = new Map<string, TraceEvent[]>();
  for (const event of events) {
    if (event.ph !== begin && event.ph !== end) continue;
    const key = `${event.cat} ${event.id}`;
    all.set(key, [...(all.get(key) ?? []), event]);
  }
  for (const [key, both] of all) {
    // A stable sort: of one moment they stand as in the file.
    const phases = both.toSorted((a, b) => tick(a.ts) - tick(b.ts)).map(({ ph }) => ph);
    const expected = phases.map((_, index) => (index % 2 === 0 ? begin : end));
    if (phases.length % 2 !== 0 || phases.join('') !== expected.join(''))
      found.push(`${key}: ${phases.join(' ')} instead of ${begin} ${end}`);
  }
  return found;
}

/** An arrow is drawn from slice to slice: where none is at its end it is dropped. */
function arrowsWithoutSlices(events: readonly TraceEvent[]): string[] {
  const tracks = byTrack(events);
  return events
    .filter(({ ph }) => ph === 's' || ph === 'f')
    .filter((event) => {
      const at = tick(event.ts);
      const slices = tracks.get(trackOf(event)) ?? [];
      return !slices.some(({ ts, dur = 0 }) => tick(ts) <= at && at <= tick(ts) + tick(dur));
    })
    .map((event) => `an arrow to nowhere: ${JSON.stringify(event)}`);
}

/** Counters of one name, and marks of one track, are written as they happen. */
function clocks(events: readonly TraceEvent[]): string[] {
  const latest = new Map<string, number>();
  const found: string[] = [];
  for (const event of events) {
    if (event.ph !== 'C' && event.ph !== 'i') continue;
    const key = `${event.ph} ${trackOf(event)} ${event.ph === 'C' ? event.name : ''}`;
    const at = tick(event.ts);
    if (at < (latest.get(key) ?? 0)) found.push(`${key}: the clock goes back to ${event.ts}`);
    latest.set(key, at);
  }
  return found;
}

/** Every track on which something is has a name, and its process as well. */
function nameless(events: readonly TraceEvent[]): string[] {
  const named = (kind: string) =>
    new Set(events.filter(({ ph, name }) => ph === 'M' && name === kind).map(trackOf));
  const threads = named('thread_name');
  const processes = new Set([...named('process_name')].map((track) => track.split('.')[0]));
  // What the trace says about itself is of no executor.
  const used = new Set(events.filter(({ ph, pid }) => ph !== 'M' && pid !== 0).map(trackOf));
  return [...used]
    .filter((track) => !threads.has(track) || !processes.has(track.split('.')[0]))
    .map((track) => `${track} has no name`);
}
