import { brand } from '../base/brand.ts';
import { InvalidTaskError } from '../base/errors.ts';
import { show } from '../base/options.ts';
import { validateTaskOptions } from './task-options.ts';
import type { TaskOptions } from './task-options.ts';

/** The function that a task calls: interned, so that two tasks of one function share one target. */
export interface TaskTarget {
  /** A small integer that stands for this target on the wire and in tables. */
  readonly index: number;
  /** The module's absolute URL. */
  readonly module: string;
  /** The export's name. */
  readonly name: string;
}

/**
 * A description of a call, to be made in a worker thread: module, function, arguments, options. Frozen, not
 * thenable, and free of state: the same task may be submitted many times.
 *
 * Make one with a maker from `tasks()` or with `inline()`. The arguments are cloned when the task is sent to a
 * thread, not before: do not change them until its future is running.
 */
export class Task<out R> {
  /** Only a type: what the call returns, awaited. */
  declare protected readonly result: R;
  /** The function's interned name; `module` and `name` are easier to read. */
  readonly target: TaskTarget;
  readonly #args: readonly unknown[];
  readonly options: TaskOptions;

  static {
    brand(this, 'Task');
  }

  /** Internal: options must have been validated. Use `tasks()` or `inline()`. */
  constructor(target: TaskTarget, args: readonly unknown[], options: TaskOptions) {
    this.target = target;
    this.#args = args;
    this.options = options;
    Object.freeze(this);
  }

  /** Frozen when somebody asks for them, and not before: freezing an array takes as long as making the task. */
  get args(): readonly unknown[] {
    return Object.freeze(this.#args);
  }

  /** The task module's URL. */
  get module(): string {
    return this.target.module;
  }

  /** The name of the export that is called. */
  get name(): string {
    return this.target.name;
  }

  /** What reports and errors call this task: `options.label`, or the function's name. */
  get label(): string {
    return this.options.label ?? this.target.name;
  }

  /**
   * The same call with other options, laid over this task's own.
   *
   * @throws {InvalidOptionError} for an unknown option or a bad value.
   */
  with(options: TaskOptions): Task<R> {
    const all = Object.freeze({ ...this.options, ...validateTaskOptions(options) });
    return new Task<R>(this.target, this.#args, all);
  }

  /** Was it made by this copy of the package? */
  static isOwn(value: object): boolean {
    return #args in value;
  }

  /** The arguments, for those who only read them. */
  static argsOf(task: Task<unknown>): readonly unknown[] {
    return task.#args;
  }
}

/** What a task returns: `TaskResult<Task<string> | Task<number>>` is `string | number`. */
export type TaskResult<T extends Task<unknown>> = T extends Task<infer R> ? R : never;

/**
 * The task itself; of one that another copy of the package has made, the same as this copy makes it.
 *
 * @throws {InvalidTaskError} for anything that is not a task.
 */
export function asTask<R>(value: Task<R>): Task<R> {
  if (typeof value === 'object' && value !== null && Task.isOwn(value)) return value;
  if (value instanceof Task) return adopted(value);
  throw new InvalidTaskError(`not a task: ${show(value)} (make one with tasks() or inline())`);
}

function adopted<R>({ module, name, args, options }: Task<R>): Task<R> {
  return new Task(internTarget(module, name), args, validateTaskOptions(options));
}

const targets = new Map<string, TaskTarget>();

/** The one target for this module and export in this process. */
export function internTarget(module: string, name: string): TaskTarget {
  const key = `${name}\n${module}`;
  let target = targets.get(key);
  if (target === undefined) {
    target = Object.freeze({ index: targets.size, module, name });
    targets.set(key, target);
  }
  return target;
}
