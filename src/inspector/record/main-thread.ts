import { ownCpuMs } from './own-cpu.ts';
import type { Totals } from './totals.ts';

export interface MainFigures {
  readonly totals: Pick<Totals, 'mainActiveMs' | 'mainMs' | 'cpuMs' | 'threadCpuMs' | 'lateMs'>;
  /** Shares of the main thread's time. */
  readonly busy: number;
  readonly watching: number;
}

/** Measures how busy the main thread is, how late its timers fire, and how long watching takes. Milliseconds. */
export class MainThread {
  #loop = performance.eventLoopUtilization();
  #cpu = process.cpuUsage();
  #ownCpuMs = ownCpuMs();
  #tickedAt = performance.now();
  #lateMs = 0;
  #watchedMs = 0;

  restart(): void {
    this.#loop = performance.eventLoopUtilization();
    this.#cpu = process.cpuUsage();
    this.#ownCpuMs = ownCpuMs();
    this.#tickedAt = performance.now();
    this.#lateMs = this.#watchedMs = 0;
  }

  /** A timer of the interval `everyMs` has fired. */
  tick(now: number, everyMs: number): void {
    this.#lateMs = Math.max(this.#lateMs, now - this.#tickedAt - everyMs);
    this.#tickedAt = now;
  }

  /** Adds the time that watching has taken. */
  watched(ms: number): void {
    this.#watchedMs += ms;
  }

  turn(spanMs: number): MainFigures {
    const loop = performance.eventLoopUtilization();
    const cpu = process.cpuUsage();
    const mainActiveMs = loop.active - this.#loop.active;
    const mainMs = mainActiveMs + loop.idle - this.#loop.idle;
    const cpuMs = (cpu.user - this.#cpu.user + cpu.system - this.#cpu.system) / 1000;
    const ownMs = ownCpuMs();
    const mainCpuMs = ownMs === undefined ? mainActiveMs : ownMs - (this.#ownCpuMs ?? ownMs);
    this.#ownCpuMs = ownMs;
    const totals = {
      mainActiveMs,
      mainMs,
      cpuMs,
      threadCpuMs: Math.max(0, cpuMs - mainCpuMs),
      lateMs: this.#lateMs,
    };
    const watching = spanMs > 0 ? this.#watchedMs / spanMs : 0;
    this.#loop = loop;
    this.#cpu = cpu;
    this.#lateMs = this.#watchedMs = 0;
    const busy = mainMs > 0 ? Math.min(1, mainActiveMs / mainMs) : 0;
    return { totals, busy: Math.round(busy * 1000) / 1000, watching: Math.round(watching * 10_000) / 10_000 };
  }
}
