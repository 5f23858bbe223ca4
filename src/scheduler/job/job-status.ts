/**
 * ```
 * waiting ──→ queued ⇄ sent ──→ fulfilled | rejected | cancelled
 *    └──────────┴────────────→ rejected | cancelled
 * ```
 * - waiting → queued: the job got a place.
 * - queued → sent: the job is on its way to a worker, or running there; the batch's claim tells which.
 * - sent → queued: the job was taken back unclaimed, or its worker crashed and the job may run again.
 */
export type JobStatus = 'waiting' | 'queued' | 'sent' | 'fulfilled' | 'rejected' | 'cancelled';

export type Settlement = Extract<JobStatus, 'fulfilled' | 'rejected' | 'cancelled'>;

/** May a job go from one status to the other? (Not a table by name: each task calls this three times, and the lookup took 40 ns.) */
export function mayBecome(from: JobStatus, to: JobStatus): boolean {
  const ends = to === 'rejected' || to === 'cancelled';
  if (from === 'waiting') return ends || to === 'queued';
  if (from === 'queued') return ends || to === 'sent';
  return from === 'sent' && (ends || to === 'queued' || to === 'fulfilled');
}
