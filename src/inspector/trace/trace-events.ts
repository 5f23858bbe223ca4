/**
 * Events of the Trace Event Format (JSON), which Perfetto and chrome://tracing read. Times are ticks here: whole tenths of a
 * microsecond, so that slices that nest still nest when their times are printed.
 */

/** Converts milliseconds to ticks. */
export const ticks = (ms: number): number => Math.round(ms * 10_000);

/** V8 prints two integers faster than a fraction. */
const micros = (tick: number): string => `${Math.floor(tick / 10)}.${tick % 10}`;

export type Arguments = Readonly<Record<string, string | number>>;

export interface Place {
  /** Id of the executor. */
  readonly pid: number;
  /** 0 for the callers; from 1 for the threads. */
  readonly tid: number;
}

const args = (values: Arguments | undefined): string =>
  values === undefined ? '' : `,"args":${JSON.stringify(values)}`;

const at = ({ pid, tid }: Place, tick: number): string => `"ts":${micros(tick)},"pid":${pid},"tid":${tid}`;

/** A slice of a thread, from `start` to `end` in ticks. Slices nest by time. */
export function slice(place: Place, name: string, start: number, end: number, values?: Arguments): string {
  return `{"ph":"X","name":${JSON.stringify(name)},${at(place, start)},"dur":${micros(end - start)}${args(values)}}`;
}

/** A span that nests in no slice. Its begin and its end are written together, so that neither is ever lost alone. */
export function span(
  place: Place,
  category: string,
  name: string,
  id: number,
  start: number,
  end: number,
): string {
  const common = `"cat":"${category}","name":${JSON.stringify(name)},"id":"${place.pid}.${id}"`;
  return `{"ph":"b",${common},${at(place, start)}}\n,{"ph":"e",${common},${at(place, end)}}`;
}

/** An arrow from the slice at `start` to the slice at `end`. */
export function arrow(from: Place, start: number, to: Place, end: number, id: number): string {
  const common = `"cat":"wait","name":"wait","id":"${from.pid}.${id}"`;
  return `{"ph":"s",${common},${at(from, start)}}\n,{"ph":"f","bp":"e",${common},${at(to, end)}}`;
}

/** A mark on a thread or, if `wide`, across the whole executor. */
export function instant(place: Place, name: string, tick: number, wide: boolean, values?: Arguments): string {
  return `{"ph":"i","name":${JSON.stringify(name)},${at(place, tick)},"s":"${wide ? 'p' : 't'}"${args(values)}}`;
}

export function counter(place: Place, name: string, tick: number, values: Arguments): string {
  return `{"ph":"C","name":${JSON.stringify(name)},${at(place, tick)}${args(values)}}`;
}

/** Events that name a process and one of its threads, and sort the threads by number. */
export function names(place: Place, process: string, thread: string): readonly string[] {
  const { pid, tid } = place;
  const meta = (name: string, values: Arguments) =>
    `{"ph":"M","name":"${name}","pid":${pid},"tid":${tid}${args(values)}}`;
  return [
    meta('process_name', { name: process }),
    meta('thread_name', { name: thread }),
    meta('thread_sort_index', { sort_index: tid }),
  ];
}
