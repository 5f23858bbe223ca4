import type { Executor } from '../../index.ts';
import { availableWorkers } from '../../host/available-workers.ts';
import { emptyScene } from '../verdict/scene.ts';
import type { Scene } from '../verdict/scene.ts';
import { verdict } from '../verdict/verdict.ts';
import type { VerdictOptions } from '../verdict/rule.ts';
import { ExecutorRecord } from './executor-record.ts';
import type { ExecutorFrame, Frame, FrameSpans, SentFrame } from './frame.ts';
import { Functions } from './functions.ts';
import { HostReports } from './host-reports.ts';
import { listen } from './listening.ts';
import { MachineLoad } from './machine.ts';
import { MainThread } from './main-thread.ts';
import { packed } from './spans.ts';
import { text } from './text.ts';
import { toScene } from './to-scene.ts';
import type { SceneFacts } from './to-scene.ts';
import { Sums } from './totals.ts';

/** Milliseconds between two samples, and between two frames. */
const sampleMs = 50;
const frameMs = 250;
/** Number of frames of a verdict: three seconds. */
const verdictFrames = 12;

interface Watched {
  readonly record: ExecutorRecord;
  /** The hosts, if the executor is a cluster's. */
  readonly hosts: HostReports | undefined;
  /** Sums of the last frames, oldest first. */
  readonly recent: Sums[];
  /** Sums of all frames. */
  readonly all: Sums;
  /** The scene of the latest verdict. */
  scene: Scene;
}

/**
 * Watches executors and makes frames, four times a second: one computation for any number of viewers.
 *
 * ```
 * stopped ⇄ watching      attached to the channels, and sampling, only while it watches
 * ```
 */
export class Recorder {
  readonly #watched = new Map<number, Watched>();
  readonly #functions = new Functions();
  readonly #main = new MainThread();
  readonly #machine = new MachineLoad();
  readonly #processors = availableWorkers();
  readonly #tell: (frame: SentFrame) => void;
  readonly #verdictOptions: VerdictOptions;
  #unlisten: (() => void) | null = null;
  #timer: NodeJS.Timeout | undefined;
  #sequence = 0;
  #frameBegan = 0;
  #functionsTold = 0;

  /** @param tell called with each frame, on the main thread. */
  constructor(executors: Iterable<Executor>, tell: (frame: SentFrame) => void, options: VerdictOptions = {}) {
    this.#tell = tell;
    this.#verdictOptions = options;
    for (const executor of executors) this.add(executor);
  }

  /** Watches one more executor. */
  add(executor: Executor): void {
    if (this.#watched.has(executor.executorId)) return;
    const record = new ExecutorRecord(executor, this.#functions);
    const hosts = HostReports.of(executor, this.#functions);
    this.#watched.set(record.id, { record, hosts, recent: [], all: new Sums(), scene: emptyScene });
    if (this.watching) hosts?.start();
  }

  /** Stops watching an executor that has ended. */
  remove(executor: Executor): void {
    this.#watched.get(executor.executorId)?.hosts?.stop();
    this.#watched.delete(executor.executorId);
  }

  get watching(): boolean {
    return this.#unlisten !== null;
  }

  start(): void {
    if (this.watching) return;
    for (const { record, hosts, recent } of this.#watched.values()) {
      record.restart();
      recent.length = 0;
      hosts?.start();
    }
    this.#main.restart();
    this.#frameBegan = performance.now();
    this.#unlisten = listen({
      'millrace:batch:answer': (message) => this.#note(message, (record) => record.answered(message)),
      'millrace:task:fail': (message) => this.#note(message, (record, now) => record.failed(message, now)),
      'millrace:gate:refuse': (message) =>
        this.#note(message, (record, now) => record.gateRefused(message, now)),
      'millrace:worker:end': (message) =>
        this.#note(message, (record, now) => record.workerEnded(message, now)),
    });
    this.#timer = setInterval(() => this.#tick(), sampleMs).unref();
  }

  stop(): void {
    this.#unlisten?.();
    this.#unlisten = null;
    clearInterval(this.#timer);
    for (const { hosts } of this.#watched.values()) hosts?.stop();
  }

  /** The verdict on one executor since the recorder was made, in one line; undefined if nothing was recorded. */
  summary(executor: Executor): string | undefined {
    const watched = this.#watched.get(executor.executorId);
    if (watched === undefined) return undefined;
    // A run may be shorter than a frame.
    if (this.watching) this.#turn(performance.now());
    const { all } = watched;
    if (all.totals.spanMs === 0) return undefined;
    const scene = toScene(all, this.#factsOf(watched, performance.now()));
    // One pause or one crash does not characterize a whole run, and was reported before.
    return verdict({ ...scene, silentMs: 0, deaths: 0 }, this.#verdictOptions).past;
  }

  /** The scene of the latest verdict on an executor. */
  scene(executor: Executor): Scene | undefined {
    return this.#watched.get(executor.executorId)?.scene;
  }

  #note(message: { readonly executorId: number }, note: (record: ExecutorRecord, now: number) => void): void {
    const watched = this.#watched.get(message.executorId);
    if (watched === undefined) return;
    const now = performance.now();
    note(watched.record, now);
    this.#main.watched(performance.now() - now);
  }

  #tick(): void {
    const now = performance.now();
    this.#main.tick(now, sampleMs);
    for (const { record } of this.#watched.values()) record.sample();
    if (now - this.#frameBegan >= frameMs - sampleMs / 2) this.#tell(this.#frame(now));
    this.#main.watched(performance.now() - now);
  }

  /** Ends a frame's sums. */
  #turn(now: number): {
    readonly spanMs: number;
    readonly main: ReturnType<MainThread['turn']>;
    readonly sums: Map<number, Sums>;
  } {
    const spanMs = now - this.#frameBegan;
    this.#frameBegan = now;
    const main = this.#main.turn(spanMs);
    const sums = new Map<number, Sums>();
    for (const { record, recent, all } of this.#watched.values()) {
      const turned = record.turn(spanMs, main.totals);
      sums.set(record.id, turned);
      recent.push(turned);
      if (recent.length > verdictFrames) recent.shift();
      all.add(turned);
    }
    return { spanMs, main, sums };
  }

  #frame(now: number): SentFrame {
    const { spanMs, main, sums } = this.#turn(now);
    const names = new Map<string, number>();
    const spans: Record<number, readonly number[]> = {};
    let spanCount = 0;
    const executors: ExecutorFrame[] = [];
    const present: number[] = [];
    for (const watched of this.#watched.values()) {
      const { record, hosts, recent } = watched;
      const sum = new Sums();
      for (const each of recent) sum.add(each);
      const scene = (watched.scene = toScene(sum, this.#factsOf(watched, now)));
      const facts = {
        name: distinct(text(record.executor.name), names),
        verdict: verdict(scene, this.#verdictOptions),
        busy: scene.busy,
        ...(hosts !== undefined && { hosted: true as const }),
      };
      executors.push(record.frame(sums.get(record.id) as Sums, facts, now));
      const taken = record.takeSpans();
      spanCount += taken.length;
      spans[record.id] = packed(taken, now);
      present.push(record.id);
      if (hosts === undefined) continue;
      const heard = hosts.take(now);
      present.push(...heard.present);
      executors.push(...heard.frames);
      Object.assign(spans, heard.spans);
      for (const each of Object.values(heard.spans)) spanCount += each.length / 6;
    }
    const { rss, heapUsed } = process.memoryUsage();
    const frame: Frame = {
      sequence: this.#sequence++,
      // Not the wall clock itself, which may be set meanwhile.
      at: Math.round(performance.timeOrigin + now),
      spanMs: Math.round(spanMs),
      pid: process.pid,
      node: process.version,
      mainBusy: main.busy,
      lateMs: Math.round(main.totals.lateMs),
      memory: [rss, heapUsed],
      watching: main.watching,
      present,
      executors,
    };
    const { known } = this.#functions;
    const isNew = known.length > this.#functionsTold;
    this.#functionsTold = known.length;
    return {
      frame: JSON.stringify(frame),
      spans: JSON.stringify(spans satisfies FrameSpans),
      spanCount,
      functions: isNew ? JSON.stringify(known) : undefined,
    };
  }

  #factsOf({ record, hosts }: Watched, now: number): SceneFacts {
    const { executor, workers, capacity } = record;
    const others = [...this.#watched.values()].filter(({ record }) => record.executor !== executor);
    return {
      workers,
      capacity,
      functions: this.#functions.known,
      hostThreads: hosts === undefined ? undefined : executor.stats().threads,
      busyHosts: hosts?.busy,
      // The processor time of hosts is that of other processes.
      alone:
        hosts === undefined &&
        others.every(({ recent }) => recent.every(({ totals }) => totals.occupied === 0)),
      processors: this.#processors,
      machineBusy: this.#machine.share(now),
      forecastMs: executor.forecast().waitMs,
    };
  }
}

/** Appends a number to the names of executors that share one. */
function distinct(name: string, names: Map<string, number>): string {
  const before = names.get(name) ?? 0;
  names.set(name, before + 1);
  return before === 0 ? name : `${name} (${before + 1})`;
}
