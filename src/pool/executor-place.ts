import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { InvalidTaskError } from '../base/errors.ts';

/** What a thread of an executor knows of the code that runs in it. */
interface ThreadPlace {
  /** @throws {InvalidTaskError} unless the code that runs at this moment may make an executor. */
  check(): void;
  /** The task module that it is a part of loading, if it is. */
  loading(): string | undefined;
}

interface ExecutorPlace extends ThreadPlace {
  /** Executors around this thread: the one that it belongs to, the one in whose task that was made, and so on. */
  readonly level: number;
}

/** A global, because a task module may have found another copy of the package than the one that runs it. */
const key: unique symbol = Symbol.for('millrace.executorPlace') as never;
const globals = globalThis as { [key]?: ExecutorPlace };

/** What a thread inherits before any code runs in it. It is there until `enterPlace()`. */
const inherited = 'millrace.executorLevel';

/** One on the main thread, one in its tasks, and one in theirs. More is a chain that does not end by itself. */
const maxLevels = 3;

/**
 * Executors are made by the main thread, in workers of its users and by running tasks. Everywhere else in a thread of an
 * executor, one would make another one in each of its own threads, and those would again.
 *
 * @throws {InvalidTaskError} saying what is to be done instead.
 */
export function checkExecutorPlace(): void {
  const place = globals[key];
  if (place === undefined && getEnvironmentData(inherited) !== undefined) {
    throw new InvalidTaskError(
      'what --import or --require loads makes an executor, and so would each of its threads: make it only if (isMainThread)',
    );
  }
  if (place !== undefined && place.level >= maxLevels) {
    const message = `executors were made by tasks of executors, ${maxLevels} deep: one more is refused`;
    throw new InvalidTaskError(`${message}, because such a chain does not end by itself`);
  }
  place?.check();
}

/** The task module that this code is a part of loading or setting up; undefined if it is anything else. */
export function moduleBeingLoaded(): string | undefined {
  return globals[key]?.loading();
}

/** Starts a thread that knows from its first moment on that it is one of an executor. */
export function startInside<T>(start: () => T): T {
  const before = getEnvironmentData(inherited);
  setEnvironmentData(inherited, (globals[key]?.level ?? 0) + 1);
  try {
    return start();
  } finally {
    setEnvironmentData(inherited, before);
  }
}

/** The thread has booted, and can tell what its code is doing. Workers that a task starts are its user's. */
export function enterPlace(place: ThreadPlace): void {
  globals[key] = { level: Number(getEnvironmentData(inherited)), ...place };
  setEnvironmentData(inherited, undefined);
}
