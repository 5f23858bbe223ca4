import type { Admission } from './admission.ts';
import { Future } from '../job/future.ts';
import type { Job } from '../job/job.ts';

/**
 * Of these jobs' futures, the first pending ones whose cancellation would admit a task of `bytes` bytes: none if the task would be
 * admitted anyway; null if cancelling all of them would not do, which is always so while a submission waits. Cancels nothing.
 */
export function evictionsFor(
  bytes: number,
  jobs: Iterable<Job>,
  admission: Admission,
): Future<unknown>[] | null {
  const found: Future<unknown>[] = [];
  let bytesBack = 0;
  const fits = () => admission.wouldFit(bytes, found.length, bytesBack);
  if (fits()) return found;
  for (const job of jobs) {
    const future = Future.of(job);
    if (future.state !== 'pending') continue;
    found.push(future);
    if (job.holdsBytes) bytesBack += job.bytes;
    if (fits()) return found;
  }
  return null;
}
