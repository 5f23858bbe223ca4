import { InvalidTaskError, tasks } from '../index.ts';
import type { Task, TaskMakers } from '../index.ts';
import { threadModule } from '../package-file.ts';
import { UsageError } from './usage-error.ts';

/** The operand `MODULE#EXPORT`, parsed. */
export interface FunctionName {
  readonly module: URL;
  readonly name: string;
}

/** Returns what makes a task of a value. @throws {UsageError} if a task can't have that name. */
export function taskMaker({ module, name }: FunctionName): (value: unknown) => Task<unknown> {
  const maker = tasks<Record<string, (value: unknown) => unknown>>(module)[name];
  if (maker === undefined) throw new UsageError(`'${name}' can't be the name of a task`);
  return maker;
}

const checking: TaskMakers<typeof import('../pool/worker/check-task.ts')> = tasks(
  threadModule('pool/worker/check-task'),
);

/** Makes a task that only checks that module and function exist, and fails with `InvalidTaskError` if not. */
export function checkTarget({ module, name }: FunctionName): Task<void> {
  return checking.checkTask(module.href, name);
}

/** Turns a missing module or function, which fails every item alike, into a usage error. @throws {UsageError} then. */
export function refuseInvalid(reason: unknown): void {
  if (!(reason instanceof InvalidTaskError)) return;
  const advice = reason.message.includes("no function 'default'") ? '; MODULE#EXPORT names one' : '';
  // The advice on bundlers does not apply to a name typed on the command line.
  throw new UsageError(reason.message.replace(/; a bundler [^;]*$/, '') + advice);
}
