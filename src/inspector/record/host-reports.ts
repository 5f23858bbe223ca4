import type { Executor } from '../../index.ts';
import type { ExecutorFrame, Frame, FrameSpans } from './frame.ts';
import type { Functions, KnownFunction } from './functions.ts';
import { text } from './text.ts';

/** An executor whose tasks run on hosts, which send frames. */
interface Watchable {
  watchHosts(told: (host: string, body: string) => void): () => void;
}

/** Most hosts that are shown, and most frames of one host between two frames of this process. */
const mostHosts = 64;
const mostWaiting = 8;
/** Milliseconds of silence after which a host counts as gone. */
const goneMs = 5000;

/** One frame of a host, as the page reads it. */
interface Report {
  readonly frame: ExecutorFrame;
  readonly spans: readonly number[];
}

interface Host {
  readonly id: number;
  heardAt: number;
  /** Milliseconds from the host's clock to this process's, by the fastest of its messages. */
  offset: number;
  waiting: Report[];
  workers: number;
  busy: number;
}

/** A message of a host, whose seal is valid; it may come from another version. */
interface Told {
  readonly v: 1;
  readonly name: string;
  readonly frame: Frame;
  readonly spans: FrameSpans;
  readonly functions: readonly KnownFunction[];
}

const endOf = (report: Report | undefined): number => report?.frame.process?.at ?? 0;

/** Starts are hundredths of a millisecond before the end. */
const shifted = (spans: readonly number[], ms: number): readonly number[] =>
  ms === 0 ? spans : spans.map((value, index) => (index % 6 === 2 ? value + 100 * ms : value));

let lastHostId = 2 ** 32;

/** The hosts of a cluster, each shown as an executor: the hosts record, and this class passes their frames to the page. */
export class HostReports {
  readonly #executor: Watchable;
  readonly #functions: Functions;
  readonly #hosts = new Map<string, Host>();
  #unwatch: (() => void) | null = null;

  private constructor(executor: Watchable, functions: Functions) {
    this.#executor = executor;
    this.#functions = functions;
  }

  /** Undefined for an executor without hosts. */
  static of(executor: Executor & Partial<Watchable>, functions: Functions): HostReports | undefined {
    if (executor.watchHosts === undefined) return undefined;
    return new HostReports(executor as Executor & Watchable, functions);
  }

  start(): void {
    this.#unwatch ??= this.#executor.watchHosts((host, body) => this.#told(host, body));
  }

  stop(): void {
    this.#unwatch?.();
    this.#unwatch = null;
    this.#hosts.clear();
  }

  /** The frames since the last call, and the present hosts. */
  take(now: number): {
    readonly present: number[];
    readonly frames: ExecutorFrame[];
    readonly spans: FrameSpans;
  } {
    const frames: ExecutorFrame[] = [];
    const spans: Record<number, readonly number[]> = {};
    for (const [key, host] of this.#hosts) {
      const reports = host.waiting.splice(0);
      frames.push(...reports.map(({ frame }) => frame));
      const end = endOf(reports.at(-1));
      // They go with the latest one, and count from its end.
      if (reports.length > 0)
        spans[host.id] = reports.flatMap((report) => shifted(report.spans, end - endOf(report)));
      if (now - host.heardAt > goneMs) this.#hosts.delete(key);
    }
    return { present: [...this.#hosts.values()].map(({ id }) => id), frames, spans };
  }

  /** Share of the time of all hosts' threads in which they had a task; undefined if no host has reported it. */
  get busy(): number | undefined {
    let [workers, busy] = [0, 0];
    for (const host of this.#hosts.values()) {
      workers += host.workers;
      busy += host.busy * host.workers;
    }
    return workers === 0 ? undefined : busy / workers;
  }

  #told(key: string, body: string): void {
    const now = performance.now();
    let host = this.#hosts.get(key);
    if (host === undefined && this.#hosts.size === mostHosts) return;
    host ??= { id: ++lastHostId, heardAt: now, offset: Infinity, waiting: [], workers: 0, busy: 0 };
    try {
      host.waiting.push(this.#read(JSON.parse(body) as Told, host, performance.timeOrigin + now));
    } catch {
      // A message of another version, or not of a host.
      return;
    }
    if (host.waiting.length > mostWaiting) host.waiting.shift();
    host.heardAt = now;
    ({ workers: host.workers, busy: host.busy } = (host.waiting.at(-1) as Report).frame);
    this.#hosts.set(key, host);
  }

  /** Renumbers functions, and converts times to this process's clock. @throws if the message is no frame. */
  #read({ v, name, frame, spans, functions }: Told, host: Host, wallClock: number): Report {
    const [own] = frame.executors;
    if (v !== 1 || own === undefined) throw new Error('a frame of another version');
    const slots = functions.map((each) => this.#functions.slotOf(each));
    const slotOf = (slot: number): number => (slot < 0 ? slot : (slots[slot] ?? this.#functions.others));
    // Messages are early or late by what lies between; clocks drift.
    host.offset = Math.min(host.offset + 0.1, wallClock - frame.at);
    const { spanMs, pid, node, mainBusy, lateMs, memory, watching } = frame;
    const at = Math.round(frame.at + host.offset);
    const packed = spans[own.id] ?? [];
    return {
      frame: {
        ...own,
        id: host.id,
        name: text(name),
        process: { at, spanMs, pid, node, mainBusy, lateMs, memory, watching },
        threads: own.threads.map(([state, slot, ...rest]) => [state, slotOf(slot), ...rest]),
        functions: own.functions.map(([slot, ...rest]) => [slotOf(slot as number), ...rest]),
      },
      spans: packed.map((value, index) => (index % 6 === 1 ? slotOf(value) : value)),
    };
  }
}
