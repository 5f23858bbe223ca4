/** Number of groups that the current task has opened in the console and not closed. */
let open = 0;
let closeOne: () => void = () => {};

/**
 * Makes the console count the groups that a task opens. They indent what the thread prints, and a task that throws within one
 * would leave it open for all later tasks.
 */
export function countGroups(): void {
  const { group, groupEnd } = console;
  closeOne = groupEnd;
  console.group = console.groupCollapsed = (...labels: unknown[]) => {
    open++;
    group(...labels);
  };
  console.groupEnd = () => {
    // Groups that its module has opened are not for a task to close.
    if (open === 0) return;
    open--;
    groupEnd();
  };
}

/** Keeps the open groups: a task module has opened them, for all that its tasks print. */
export function keepGroups(): void {
  open = 0;
}

/** Closes the groups that the task has left open. */
export function closeGroups(): void {
  for (; open > 0; open--) closeOne();
}
