import type { Job } from '../scheduler/job/job.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import type { ItemStreamSettings } from './item-stream-settings.ts';
import { IterationFlow } from './iteration-flow.ts';

/* Opens and leaves the flows of the tasks of one {@link ItemStream}. */

/** The flow of a job of an item stream: all of them are of this class. */
export const flowOf = (job: Job): IterationFlow | null => job.flow as IterationFlow | null;

/** Have items of the job arrived that are unread? */
export const hasItems = (job: Job): boolean => (flowOf(job)?.items.size ?? 0) > 0;

/** Opens the flow of a job that is not admitted yet. @param onArrival called when items arrive. */
export function openItems(
  { items }: Scheduler,
  job: Job,
  settings: Pick<ItemStreamSettings<unknown>, 'itemWindow' | 'itemWindowBytes' | 'mixed'>,
  onArrival: () => void,
): void {
  const { itemWindow, itemWindowBytes, mixed } = settings;
  const flow = new IterationFlow(job, itemWindow, itemWindowBytes, () => items.readOn(job), mixed);
  flow.items.onArrival = onArrival;
  items.openFlow(job, flow);
}

/** Ends the generators among these jobs. Resolves when the begun generators have run their `finally`. */
export async function leaveItems(scheduler: Scheduler, jobs: readonly Job[], cause: unknown): Promise<void> {
  const leaving: Promise<void>[] = [];
  for (const job of jobs) {
    const flow = flowOf(job);
    job.observe();
    if (flow === null) continue;
    flow.items.drop();
    const end = () => void scheduler.cancel(job, cause, job.options.interrupt === true, 'left');
    const { isGenerator } = flow;
    // A function that may be an ordinary one runs on, as any begun task does, until it turns out to be a generator.
    if (isGenerator && !job.done) end();
    if (isGenerator && job.holdsThread) leaving.push(flow.whenLeft());
    else flow.onLate = end;
  }
  await Promise.all(leaving);
}
