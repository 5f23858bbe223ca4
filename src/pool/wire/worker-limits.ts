/** Limits of one worker, shared by both sides of the wire and the dispatcher. */
export const workerLimits = {
  /** Most tasks in one batch: the claim words of one room. */
  maxJobs: 256,
  /** Most unanswered batches of a worker, including batches whose tasks were all taken back. */
  maxBatches: 4,
  /**
   * Expected run time of one batch, and the age from which a finished result is sent before another task begins. Milliseconds. One
   * value for both, or half of each batch would be answered twice; measured in docs/speed.md.
   */
  batchMs: 3,
} as const;
