import { InvalidTaskError, tasks } from '../index.ts';
import type { Task, TaskMakers } from '../index.ts';
import { threadModule } from '../package-file.ts';
import { UsageError } from './usage-error.ts';

/** `MODULE#EXPORT` of the command line. */
export interface TaskTarget {
  readonly module: URL;
  readonly name: string;
}

/** @throws {UsageError} if nothing of that name can be a task. */
export function taskMaker({ module, name }: TaskTarget): (value: unknown) => Task<unknown> {
  const maker = tasks<Record<string, (value: unknown) => unknown>>(module)[name];
  if (maker === undefined) throw new UsageError(`'${name}' can't be the name of a task`);
  return maker;
}

const checking: TaskMakers<typeof import('../pool/worker/check-task.ts')> = tasks(
  threadModule('pool/worker/check-task'),
);

/** A task that fails with `InvalidTaskError` if there is no such module or function, and does nothing else. */
export function checkTarget({ module, name }: TaskTarget): Task<void> {
  return checking.checkTask(module.href, name);
}

/** A module or function that is missing is no item's fault, and the same for all of them. @throws {UsageError} then. */
export function refuseInvalid(reason: unknown): void {
  if (!(reason instanceof InvalidTaskError)) return;
  const advice = reason.message.includes("no function 'default'") ? '; MODULE#EXPORT names one' : '';
  throw new UsageError(reason.message + advice);
}
