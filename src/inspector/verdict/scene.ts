/** Figures of an executor over some seconds, for a verdict. Shares lie between 0 and 1; times are milliseconds. */
export interface Scene {
  /** Length of the observed time. */
  readonly spanMs: number;
  /** Time since the main thread's last sign of life. */
  readonly silentMs: number;
  /** Threads that ended by themselves, and the task that the latest one was executing. */
  readonly deaths: number;
  readonly deadTask: string | undefined;
  readonly workers: number;
  /** Of a cluster, the threads of the hosts that are there; undefined for an executor whose threads are this process's. */
  readonly hostThreads: number | undefined;
  readonly capacity: number;
  readonly submitted: number;
  readonly fulfilled: number;
  /** Rejected tasks. */
  readonly failed: number;
  /** Tasks that were never admitted, and requests that gates refused. */
  readonly refused: number;
  /** Share of the threads' time in which they had a task or computed. */
  readonly busy: number;
  /** Share of the threads' time in which they had a processor; undefined if unknown. */
  readonly computing: number | undefined;
  /** Share of the machine's processor time that all processes used; undefined if unknown. */
  readonly machineBusy: number | undefined;
  /** Share of the main thread's time in which its event loop was busy. */
  readonly mainBusy: number;
  /** Mean number of callers that waited for a place. */
  readonly waiting: number;
  /** Mean numbers of tasks that were queued, and that were in the threads or on their way. */
  readonly queued: number;
  readonly sent: number;
  readonly running: number;
  /** Shares of the time in which every place was taken, and in which the bytes of arguments had no room. */
  readonly placesFull: number;
  readonly bytesFull: number;
  /** Mean wait of a caller for a place; undefined if unknown. */
  readonly placeWaitMs: number | undefined;
  /** Mean time that a task ran, and that it was queued or on its way; 0 if none has ended. */
  readonly runMs: number;
  readonly queueMs: number;
  /** The function that took most of the threads' time, and its share of the time of all functions. */
  readonly culprit: { readonly name: string; readonly share: number } | undefined;
  /** Shares of the time of loops over sources, by what they waited for; all 0 without a loop. */
  readonly streams: {
    readonly source: number;
    readonly place: number;
    readonly tasks: number;
    readonly reader: number;
  };
  /** Shares of the submitted tasks, by submitter: callers, loops over sources and running tasks. */
  readonly origins: { readonly callers: number; readonly streams: number; readonly tasks: number };
}

/** The figures of an idle executor. */
export const emptyScene: Scene = {
  spanMs: 0,
  silentMs: 0,
  deaths: 0,
  deadTask: undefined,
  workers: 1,
  hostThreads: undefined,
  capacity: 1,
  submitted: 0,
  fulfilled: 0,
  failed: 0,
  refused: 0,
  busy: 0,
  computing: undefined,
  machineBusy: undefined,
  mainBusy: 0,
  waiting: 0,
  queued: 0,
  sent: 0,
  running: 0,
  placesFull: 0,
  bytesFull: 0,
  placeWaitMs: undefined,
  runMs: 0,
  queueMs: 0,
  culprit: undefined,
  streams: { source: 0, place: 0, tasks: 0, reader: 0 },
  origins: { callers: 1, streams: 0, tasks: 0 },
};
