import type { BatchFacts } from './transport.ts';

/**
 * Decides what to do about a silent batch.
 *
 * | Redis says | then |
 * |---|---|
 * | not known, and had acknowledged it | `doubt`: Redis has lost the batch, and a host may have begun it |
 * | not known, not acknowledged | `add`: it has never begun, or its hash would exist |
 * | done, and every reply has been read | `lost`: the reply went missing; the batch has run, and never runs again |
 * | done, replies unread | `wait` |
 * | neither done nor queued | `add`, with the same id, which counts the begins |
 * | queued, or with a host | `wait`: BullMQ notices a host that is gone |
 */
export function judge(
  acknowledged: boolean,
  { known, done, queued }: BatchFacts,
  allRead: boolean,
): 'doubt' | 'add' | 'lost' | 'wait' {
  if (!known) return acknowledged ? 'doubt' : 'add';
  if (done) return allRead ? 'lost' : 'wait';
  return queued ? 'wait' : 'add';
}
