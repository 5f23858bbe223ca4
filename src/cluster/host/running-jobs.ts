import type { Job } from '../../scheduler/job/job.ts';

/** The jobs of one batch that its host runs, and which of their beginnings and reports the producer has been told. */
export class RunningJobs {
  readonly #positions = new Map<Job, number>();
  readonly #jobs = new Map<number, Job>();
  readonly #begunTold = new Set<Job>();
  /** Reports told so far, of jobs that report. */
  readonly #reportsTold = new Map<Job, number>();

  get size(): number {
    return this.#positions.size;
  }

  add(position: number, job: Job): void {
    this.#positions.set(job, position);
    this.#jobs.set(position, job);
  }

  at(position: number): Job | undefined {
    return this.#jobs.get(position);
  }

  /** Positions of all jobs. */
  positions(): number[] {
    return [...this.#jobs.keys()];
  }

  positionOf(job: Job): number | undefined {
    return this.#positions.get(job);
  }

  /** Jobs may be removed during the iteration. */
  entries(): MapIterator<[job: Job, position: number]> {
    return this.#positions.entries();
  }

  remove(job: Job, position: number): void {
    this.#positions.delete(job);
    this.#jobs.delete(position);
    this.#begunTold.delete(job);
    this.#reportsTold.delete(job);
  }

  /**
   * Jobs of this batch at work whose begin the producer has not been told, with their run times so far.
   *
   * @param atWork the jobs that threads execute.
   * @param olderMs what ends within that time is told of when it has ended.
   */
  takeBegun(atWork: readonly Job[], olderMs: number): [position: number, agoMs: number][] {
    const now = performance.now();
    const begun: [number, number][] = [];
    for (const job of atWork) {
      const position = this.#positions.get(job);
      const since = job.running ? job.runningSince : undefined;
      if (position === undefined || since === undefined) continue;
      if (now - since < olderMs || this.#begunTold.has(job)) continue;
      this.#begunTold.add(job);
      begun.push([position, now - since]);
    }
    return begun;
  }

  /**
   * Jobs that the producer takes to be running, and that have left their thread without an outcome: a job waits for child jobs, or
   * has ended while the next one keeps its thread from answering. If a job goes on, its begin is told again.
   */
  takeOffThread(atWork: readonly Job[]): number[] {
    const left = [...this.#begunTold].filter((job) => !atWork.includes(job));
    for (const job of left) this.#begunTold.delete(job);
    return left.flatMap((job) => this.#positions.get(job) ?? []);
  }

  /** The latest report of each job that has reported since the last call. */
  takeReports(): [position: number, value: unknown][] {
    return [...this.#positions].flatMap(([job, position]) => this.takeReportsOf(job, position));
  }

  /** As `takeReports`, for one job: one report or none. */
  takeReportsOf(job: Job, position: number): [position: number, value: unknown][] {
    const { reported } = job;
    if (reported === null || reported.count === (this.#reportsTold.get(job) ?? 0)) return [];
    this.#reportsTold.set(job, reported.count);
    return [[position, reported.latest]];
  }
}
