import type { Admission } from './admission.ts';
import { Future } from '../job/future.ts';

/**
 * The first of these futures, of those that no thread has begun, without which a task of so many bytes would be admitted:
 * none if it would be anyhow, null if it would not be without all of them. They are not touched.
 */
export function inTheWayOf(
  bytes: number,
  futures: Iterable<Future<unknown>>,
  admission: Admission,
): Future<unknown>[] | null {
  const found: Future<unknown>[] = [];
  let bytesBack = 0;
  const fits = () => admission.wouldFit(bytes, found.length, bytesBack);
  if (fits()) return found;
  for (const future of futures) {
    if (future.state !== 'pending') continue;
    const job = Future.jobOf(future);
    found.push(future);
    if (job.holdsBytes) bytesBack += job.bytes;
    if (fits()) return found;
  }
  return null;
}
