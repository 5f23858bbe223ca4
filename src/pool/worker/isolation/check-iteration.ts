const probe = [true];

/**
 * All code that sends values iterates arrays; if iteration ended early, values would be lost silently. Call this before sending a
 * task's result: the task may have changed array iteration.
 *
 * @throws if arrays can no longer be iterated.
 */
export function checkIteration(): void {
  const [isIntact] = probe;
  if (isIntact !== true) throw new Error('arrays can no longer be iterated');
}
