type Labelled = (label?: string) => void;

/** Number of groups that the current task has opened in the console and not closed. */
let open = 0;
/** Labels of the counters and timers that the current task has begun and not ended. */
const counters = new Set<string>();
const timers = new Set<string>();
/** Labels of the counters that task modules have begun: their tasks count on. */
const kept = new Set<string>();
/** Has the current task begun any of these? */
let hasBegun = false;
let closeOne: () => void = () => {};
let reset: Labelled = () => {};

/** The console's own map of timers. Nothing public ends one without printing its time. */
const { _times: times } = console as unknown as { readonly _times?: Map<string, unknown> };

/**
 * Makes the console remember the groups, counters and timers that a task begins. Groups indent what the thread prints, and a task that
 * throws within one would leave it open for all later tasks.
 */
export function watchConsole(): void {
  const { group, groupEnd, count, countReset, time, timeEnd } = console;
  closeOne = groupEnd;
  reset = countReset;
  console.group = console.groupCollapsed = (...labels: unknown[]) => {
    open++;
    hasBegun = true;
    group(...labels);
  };
  console.groupEnd = () => {
    // Groups that its module has opened are not for a task to close.
    if (open === 0) return;
    open--;
    groupEnd();
  };
  console.count = (label: unknown = 'default') => {
    const name = String(label);
    if (!kept.has(name)) counters.add(name);
    hasBegun = true;
    count(name);
  };
  console.countReset = (label: unknown = 'default') => {
    counters.delete(String(label));
    countReset(String(label));
  };
  console.time = (label: unknown = 'default') => {
    const name = String(label);
    if (times?.has(name) !== true) timers.add(name);
    hasBegun = true;
    time(name);
  };
  console.timeEnd = (label: unknown = 'default') => {
    timers.delete(String(label));
    timeEnd(String(label));
  };
}

/** Keeps what the console has open: a task module has begun it, for all its tasks. */
export function keepConsole(): void {
  open = 0;
  for (const label of counters) kept.add(label);
  counters.clear();
  timers.clear();
}

/** Ends what the task has left open in the console. */
export function restoreConsole(): void {
  if (hasBegun) endAll();
}

function endAll(): void {
  hasBegun = false;
  for (; open > 0; open--) closeOne();
  for (const label of counters) reset(label);
  for (const label of timers) times?.delete(label);
  counters.clear();
  timers.clear();
}
