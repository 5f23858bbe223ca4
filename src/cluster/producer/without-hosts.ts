import type { RemoteBatch } from './remote-batch.ts';
import { lost } from './settle.ts';
import type { RemoteEnd } from './settle.ts';
import type { Transport } from './transport.ts';

/**
 * Cancels what is left of a batch because no host is there any more, and returns how its jobs end. A host that only stood still is
 * asked to stop what it may have begun, and begins nothing else of it when it comes back. Jobs that were answered, or that Redis does
 * not know, are left to the heartbeat.
 *
 * @param error of jobs that have not begun. One that may have begun is lost, with retries as well: no host could run it.
 */
export async function endWithoutHosts(
  transport: Transport,
  batch: RemoteBatch,
  error: unknown,
): Promise<RemoteEnd[]> {
  const jobs = [...batch.openJobs()];
  const answers = await transport.cancel(
    batch.id,
    'cancel',
    jobs.map(({ position }) => position),
  );
  return jobs.flatMap((job, index): RemoteEnd[] => {
    const answer = answers[index];
    if (answer === 'unbegun') return [{ job, how: 'rejected', value: error }];
    if (answer !== 'begun') return [];
    transport.stop(batch.id, job.position, error, false);
    return [lost(job, 'a host may have begun')];
  });
}
