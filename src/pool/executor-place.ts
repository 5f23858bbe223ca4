import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { InvalidTaskError } from '../base/errors.ts';

/** How a thread of an executor classifies the code that runs in it. */
interface ThreadPlace {
  /** @throws {InvalidTaskError} unless the code that runs at this moment may make an executor. */
  check(): void;
  /** The task module whose loading runs this code, if any. */
  loading(): string | undefined;
}

interface ExecutorPlace extends ThreadPlace {
  /** Nesting depth of executors: 1 for a thread of an executor that the main thread made, 2 for one that a task there made, … */
  readonly level: number;
}

/** A global, because a task module may have found another copy of the package than the one that runs it. */
const key: unique symbol = Symbol.for('millrace.executorPlace') as never;
const globals = globalThis as { readonly [key]?: ExecutorPlace };

/** A thread inherits this before any code runs in it; it holds until `enterPlace()`. */
const inherited = 'millrace.executorLevel';

/** One on the main thread, one in its tasks, and one in theirs. A longer chain would not end by itself. */
const maxLevels = 3;

/**
 * The main thread, the user's own workers and running tasks may make executors. Any other code in a thread of an executor would
 * run again in each thread of the new executor, and make executors without end.
 *
 * @throws {InvalidTaskError} that says what to do instead.
 */
export function checkExecutorPlace(): void {
  const place = globals[key];
  if (place === undefined && getEnvironmentData(inherited) !== undefined) {
    throw new InvalidTaskError(
      'a module that --import or --require loads makes an executor, and so would each thread of that executor: make it only if (isMainThread)',
    );
  }
  if (place !== undefined && place.level >= maxLevels) {
    const message = `tasks of executors have made executors, ${maxLevels} deep, and may make no more`;
    throw new InvalidTaskError(`${message}: such a chain does not end by itself`);
  }
  place?.check();
}

/** The task module whose loading or setup runs this code; undefined for other code. */
export function moduleBeingLoaded(): string | undefined {
  return globals[key]?.loading();
}

/** Starts a thread that knows from its first moment that it belongs to an executor. */
export function startInside<T>(start: () => T): T {
  const before = getEnvironmentData(inherited);
  setEnvironmentData(inherited, (globals[key]?.level ?? 0) + 1);
  try {
    return start();
  } finally {
    setEnvironmentData(inherited, before);
  }
}

/** The thread has booted, and can classify its code. Workers that a task starts count as the user's own. */
export function enterPlace(place: ThreadPlace): void {
  // No task can replace it.
  Object.defineProperty(globalThis, key, {
    value: { level: Number(getEnvironmentData(inherited)), ...place },
  });
  setEnvironmentData(inherited, undefined);
}
