import type { ExecutorFrame, Frame, FrameSpans } from '../record/frame.ts';

/** Most frames that the page keeps of an executor: a minute, at four per second. */
const most = 240;

interface Span {
  readonly worker: number;
  readonly slot: number;
  /** Milliseconds on the server's wall clock. */
  readonly start: number;
  readonly end: number;
  readonly count: number;
  /** Share of the span's time in which tasks ran, from 0 to 1. */
  readonly density: number;
}

export interface Incident {
  readonly id: number;
  readonly at: number;
  readonly latestAt: number;
  readonly kind: string;
  readonly label: string;
  readonly detail: string;
  readonly worker: number;
  readonly count: number;
}

/** The part of a frame that belongs to one executor. */
export interface Step {
  readonly at: number;
  readonly spanMs: number;
  readonly mainBusy: number;
  readonly lateMs: number;
  readonly own: ExecutorFrame;
  spans: readonly Span[];
}

export interface KnownFunction {
  readonly name: string;
  readonly file: string;
}

/** The last minute of one executor. */
export class ExecutorHistory {
  readonly steps: Step[] = [];
  readonly incidents = new Map<number, Incident>();

  get latest(): Step | undefined {
    return this.steps.at(-1);
  }

  /** Steps that end after `at`. */
  since(at: number): Step[] {
    return this.steps.filter((step) => step.at > at);
  }

  add(step: Step): void {
    this.steps.push(step);
    if (this.steps.length > most) this.steps.shift();
    for (const [id, first, latest, kind, label, detail, worker, count] of step.own.incidents) {
      this.incidents.delete(id);
      this.incidents.set(id, {
        id,
        at: step.at - first,
        latestAt: step.at - latest,
        kind,
        label,
        detail,
        worker,
        count,
      });
    }
    while (this.incidents.size > 256) this.incidents.delete(this.incidents.keys().next().value as number);
  }
}

/** All that the page knows, by executor. */
export class History {
  readonly executors = new Map<number, ExecutorHistory>();
  functions: readonly KnownFunction[] = [];
  latest: Frame | undefined;
  #sequence = -1;
  #pid = -1;

  /** @returns false if the page has the frame already. */
  add(frame: Frame): boolean {
    if (frame.pid !== this.#pid) this.#clear(frame.pid);
    if (frame.sequence <= this.#sequence) return false;
    this.#sequence = frame.sequence;
    this.latest = frame;
    for (const own of frame.executors) {
      const { at, spanMs, mainBusy, lateMs } = own.process ?? frame;
      let history = this.executors.get(own.id);
      if (history === undefined) this.executors.set(own.id, (history = new ExecutorHistory()));
      history.add({ at, spanMs, mainBusy, lateMs, own, spans: [] });
    }
    for (const id of this.executors.keys()) if (!frame.present.includes(id)) this.executors.delete(id);
    return true;
  }

  /** Adds the spans of the latest frame. */
  addSpans(spans: FrameSpans): void {
    for (const [id, packed] of Object.entries(spans)) {
      const step = this.executors.get(Number(id))?.latest;
      if (step !== undefined) step.spans = unpacked(packed, step.at);
    }
  }

  #clear(pid: number): void {
    this.#pid = pid;
    this.#sequence = -1;
    this.executors.clear();
  }
}

function unpacked(packed: readonly number[], at: number): Span[] {
  const spans: Span[] = [];
  for (let index = 0; index + 5 < packed.length; index += 6) {
    const [worker = 0, slot = 0, start = 0, duration = 0, count = 0, density = 0] = packed.slice(
      index,
      index + 6,
    );
    const begins = at - start / 100;
    spans.push({ worker, slot, start: begins, end: begins + duration / 100, count, density: density / 100 });
  }
  return spans;
}
