import type { Verdict } from '../verdict/rule.ts';

/** Figures of a whole process. */
export interface ProcessFigures {
  /** Milliseconds on the wall clock of the process that serves the page, at the frame's end. */
  readonly at: number;
  /** Length of the frame in milliseconds. */
  readonly spanMs: number;
  readonly pid: number;
  readonly node: string;
  readonly mainBusy: number;
  readonly lateMs: number;
  readonly memory: readonly [rss: number, heap: number];
  /** Share of the main thread's time that watching takes. */
  readonly watching: number;
}

/** The figures of one executor in a frame, which viewers get four times a second. The page reads nothing else. */
export interface ExecutorFrame {
  /** The process of the executor, if it is a host of a cluster. */
  readonly process?: ProcessFigures;
  /** True if the tasks run on hosts, which send frames of their own: this frame has no threads. */
  readonly hosted?: true;
  readonly id: number;
  readonly name: string;
  readonly state: string;
  readonly verdict: Verdict;
  readonly workers: number;
  readonly capacity: number;
  /** Means of the frame. */
  readonly places: {
    readonly waiting: number;
    readonly queued: number;
    readonly sent: number;
    readonly running: number;
    readonly suspended: number;
    readonly unread: number;
  };
  /** Of the frame. */
  readonly counts: {
    readonly submitted: number;
    readonly fulfilled: number;
    readonly rejected: number;
    readonly cancelled: number;
    readonly refused: number;
  };
  /** Since the executor was made. */
  readonly fulfilled: number;
  readonly busy: number;
  /** Waits in milliseconds, of the last minute and forecast. Null if unknown. */
  readonly waitP50: number;
  readonly waitP99: number;
  readonly forecastMs: number | null;
  readonly bytes: readonly [taken: number, max: number];
  /** By place: state, function or -1, since when it runs (before the frame's end), thread or -1. */
  readonly threads: readonly (readonly [state: string, slot: number, sinceMs: number, threadId: number])[];
  /** `[slot, calls, run ms, waited ms, longest ms, failed, [step, calls]…]` */
  readonly functions: readonly (readonly (number | readonly number[])[])[];
  /** `[id, before the frame's end, latest, kind, label, detail, worker, count]` */
  readonly incidents: readonly (readonly [number, number, number, string, string, string, number, number])[];
  /** `[id, kind, window, open, unread, pulled, source, place, tasks, reader]`, the last four as shares. */
  readonly streams: readonly (readonly [number, string, ...number[]])[];
}

export interface Frame extends ProcessFigures {
  readonly sequence: number;
  /** Ids of the present executors, in the order of their tabs. A host may have sent no frame for a while, or several. */
  readonly present: readonly number[];
  readonly executors: readonly ExecutorFrame[];
}

/** By executor's id: `[worker, slot, start, duration, tasks, density]…` in one row; hundredths of a millisecond before the frame's end. */
export type FrameSpans = Readonly<Record<number, readonly number[]>>;

/** A frame as it goes out. */
export interface SentFrame {
  readonly frame: string;
  readonly spans: string;
  readonly spanCount: number;
  /** JSON of the functions' names, if there are new ones. */
  readonly functions: string | undefined;
}
