import { Timer } from '../../../base/timer.ts';
import type { Batch } from '../backend.ts';
import { travelsAlone } from '../batch-size.ts';
import type { Job } from '../../job/job.ts';
import { batchOf } from '../take-back.ts';
import { TypicalTimes } from '../../figures/typical-times.ts';
import type { Lane } from './lane.ts';
import type { PendingQueue } from '../pending-queue.ts';
import { Task } from '../../../tasks/task.ts';
import type { TaskTarget } from '../../../tasks/task.ts';

export interface EnoughAwakeParts {
  /** Number of workers that can run at the same time without sharing a core. */
  readonly cores: number;
  readonly queue: PendingQueue;
  /** Expected run time of one batch, milliseconds. */
  readonly batchMs: number;
  /** A look has found a late worker, or jobs that were held back for too long: the receiver must feed other workers. */
  readonly late: () => void;
}

/** A queue of this run time is worth waking a worker, milliseconds: waking one and hearing from it takes about as long. */
const worthWakingMs = 0.1;
/** Sent jobs of this run time are worth sharing with an idle worker, milliseconds. */
const worthSharingMs = 1;
/** After it has held back jobs wrongly, it holds back nothing for this long, milliseconds. */
const mistrustMs = 100;

/**
 * Keeps further workers asleep while one worker per core is at brief work and the queue holds little: more workers would only
 * compete for the cores, and each message would carry fewer tasks. With 512 empty tasks outstanding and 64 workers a message
 * carried 3 of them instead of 102.
 *
 * It holds back nothing of unknown run time, and nothing behind a task that takes longer than expected. It looks again every two
 * batch times (`2 * batchMs`). A worker that is at the same batch at two looks no longer counts. If a job that waited at the last
 * look has not begun, it holds back nothing for `mistrustMs`. So no job waits longer than two looks while a worker is idle.
 */
export class EnoughAwake {
  readonly typicalTimes: TypicalTimes = new TypicalTimes();
  readonly #parts: EnoughAwakeParts;
  /** Lanes at brief work, in the order in which they began it. */
  readonly #lanes: Lane[] = [];
  /** The first batch of each of these lanes at the last look. */
  #seen: (Batch<Job> | undefined)[] = [];
  /** Batches that took too long; weak, so that they are forgotten when they are done. */
  readonly #late = new WeakSet<Batch<Job>>();
  /** The slowest function queued since the queue was last empty; undefined if a job that travels alone counts as the slowest. */
  #longest: TaskTarget | undefined = undefined;
  /** Is a look due? */
  #looks = false;
  /** The last job in the queue and in each of these lanes at the last look: if they have begun, so have the jobs before them. */
  #waiting: readonly Job[] = [];
  /** Has it held back jobs wrongly within the last `mistrustMs`? */
  #mistrusted = false;

  constructor(parts: EnoughAwakeParts) {
    this.#parts = parts;
  }

  /** A job has been queued. */
  queued(job: Job): void {
    const target = travelsAlone(job) ? undefined : Task.targetOf(job.task);
    if (this.#parts.queue.size === 1) this.#longest = target;
    else if (
      target !== this.#longest &&
      !(this.typicalTimes.of(target) <= this.typicalTimes.of(this.#longest))
    )
      this.#longest = target;
  }

  /** The batches of a lane have changed, or a job there has begun or ended a wait, or its batch is late. */
  changed(lane: Lane): void {
    const index = this.#lanes.indexOf(lane);
    if (index < 0 === this.#isBrief(lane)) {
      if (index < 0) this.#lanes.push(lane);
      else this.#lanes.splice(index, 1);
    }
  }

  /** Would a further worker gain nothing now? Then a look follows. */
  get holds(): boolean {
    if (this.#lanes.length < this.#parts.cores || this.#mistrusted) return false;
    const { size } = this.#parts.queue;
    if (size > 0 && !(size * this.typicalTimes.of(this.#longest) < worthWakingMs)) return false;
    this.#lookLater();
    return true;
  }

  /** Must this lane get no more jobs now, because enough other lanes are at work? */
  isSurplus(lane: Lane): boolean {
    return !this.#isWanted(lane) && this.holds;
  }

  /** Number of workers among which the pending jobs are divided. @param started workers that are up or starting. */
  sharers(started: number): number {
    return this.holds ? this.#parts.cores : started;
  }

  /** The least limit on a batch's jobs for this lane: 1; for a lane beyond one per core, as many as make it worth waking. */
  leastJobs(lane: Lane): number {
    return this.#isWanted(lane) ? 1 : Math.ceil(worthWakingMs / this.typicalTimes.of(this.#longest));
  }

  /** The lanes from which an idle worker may take jobs: not those at brief work, while they have too little to share. */
  victims(lanes: readonly Lane[]): readonly Lane[] {
    if (!this.holds || this.#sentMs >= worthSharingMs) return lanes;
    return lanes.filter((lane) => !this.#lanes.includes(lane));
  }

  /** Expected run time of the unanswered jobs of the lanes at brief work, milliseconds. */
  get #sentMs(): number {
    let ms = 0;
    for (const { batches, backlog } of this.#lanes) {
      const job = batches.at(-1)?.jobs[0];
      if (job !== undefined) ms += backlog * this.typicalTimes.of(Task.targetOf(job.task));
    }
    return ms;
  }

  /** May this lane go on? True for the lanes that were first at brief work, one per core; for every lane while they are fewer. */
  #isWanted(lane: Lane): boolean {
    const { cores } = this.#parts;
    if (this.#lanes.length < cores) return true;
    for (let index = 0; index < cores; index++) if (this.#lanes[index] === lane) return true;
    return false;
  }

  /** Is the lane at brief work? Not if its first batch is late, or if a job goes on there after a wait. */
  #isBrief({ batches, resumed }: Lane): boolean {
    const [first] = batches;
    return (
      first !== undefined &&
      resumed.size === 0 &&
      batches.every(({ brief }) => brief) &&
      !this.#late.has(first)
    );
  }

  #lookLater(): void {
    if (this.#looks) return;
    this.#looks = true;
    // The jobs that wait keep the process alive.
    void new Timer(2 * this.#parts.batchMs, this.#look, { keepsAlive: false });
  }

  readonly #look = (): void => {
    this.#looks = false;
    const late = this.#lanes.filter(
      ({ batches: [batch] }) => batch !== undefined && this.#seen.includes(batch),
    );
    for (const lane of late) {
      this.#late.add(lane.batches[0] as Batch<Job>);
      this.changed(lane);
    }
    const isWrong = this.holds && this.#waiting.some(hasNotBegun);
    if (isWrong) this.#mistrust();
    // With fewer such lanes than cores it holds back nothing, and must not keep batches and jobs from being collected.
    const isOver = this.#lanes.length < this.#parts.cores;
    this.#seen = isOver ? [] : this.#lanes.map(({ batches }) => batches[0]);
    this.#waiting = isOver ? [] : this.#lastOnes();
    if (!isOver) this.#lookLater();
    if (isWrong || late.length > 0) this.#parts.late();
  };

  #mistrust(): void {
    this.#mistrusted = true;
    void new Timer(mistrustMs, () => (this.#mistrusted = false), { keepsAlive: false });
  }

  /** See `#waiting`; empty while it holds back nothing. While it does, the queue is worth little, and so not long. */
  #lastOnes(): Job[] {
    if (!this.holds) return [];
    const last: (Job | undefined)[] = [[...this.#parts.queue].at(-1)];
    // Idle workers may take more than that anyway (`victims()`). The queue alone does not tell: a less urgent job may be taken back
    // from worker after worker, and never stands in the queue for long.
    if (this.#sentMs < worthSharingMs)
      for (const { batches } of this.#lanes) last.push(batches.at(-1)?.jobs.at(-1));
    return last.filter((job) => job !== undefined);
  }
}

/** Has no worker claimed the job? */
function hasNotBegun(job: Job): boolean {
  if (job.status === 'queued') return true;
  return job.status === 'sent' && batchOf(job)?.claim(job.position) === 'sent';
}
