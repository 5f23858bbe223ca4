import { inspect } from 'node:util';
import type { InspectOptions } from 'node:util';
import { brand } from '../base/brand.ts';
import { InvalidTaskError } from '../base/errors.ts';
import { show } from '../base/options.ts';
import { validateTaskOptions } from './task-options.ts';
import type { TaskOptions } from './task-options.ts';

/** The function that a task calls. Targets are interned: all tasks of one function share one target. */
export interface TaskTarget {
  /** A small integer that stands for this target on the wire and in tables. */
  readonly index: number;
  /** The module's absolute URL. */
  readonly module: string;
  /** The export's name. */
  readonly name: string;
}

/**
 * A description of a call to make in a worker thread: module, function, arguments, options. Frozen, not thenable, and without state:
 * the same task may be submitted many times.
 *
 * Make one with a maker from `tasks()` or with `inline()`. The executor clones the arguments when it sends the task to a thread, not
 * before: do not change them until the future is running.
 */
export class Task<out R> {
  /** Exists only as a type: what the call returns, awaited. */
  declare protected readonly result: R;
  readonly #target: TaskTarget;
  readonly #args: readonly unknown[];
  /** The task's own options; `submit()` may override them. */
  readonly options: TaskOptions;

  static {
    brand(this, 'Task');
    Object.defineProperty(this.prototype, inspect.custom, { value: printed });
  }

  /** Internal: options must have been validated. Use `tasks()` or `inline()`. */
  constructor(target: TaskTarget, args: readonly unknown[], options: TaskOptions) {
    this.#target = target;
    this.#args = args;
    this.options = options;
    Object.freeze(this);
  }

  /** The arguments, as a frozen array. (Frozen at the first read: freezing an array takes as long as making the task.) */
  get args(): readonly unknown[] {
    return Object.freeze(this.#args);
  }

  /** The task module's URL. */
  get module(): string {
    return this.#target.module;
  }

  /** The name of the export that is called. */
  get name(): string {
    return this.#target.name;
  }

  /** The name of this task in reports and errors: `options.label`, or the function's name. */
  get label(): string {
    return this.options.label ?? this.#target.name;
  }

  /**
   * A new task: the same call, with these options over the task's own. An option that is undefined leaves the task's own.
   *
   * @throws {InvalidOptionError} for an unknown option or a bad value.
   */
  with(options: TaskOptions): Task<R> {
    const all = Object.freeze({ ...this.options, ...validateTaskOptions(options) });
    return new Task<R>(this.#target, this.#args, all);
  }

  /** Did this copy of the package make the object? */
  static isOwn(value: object): boolean {
    return #args in value;
  }

  /** The function that a task calls: the same object for all tasks of one function. */
  static targetOf(task: Task<unknown>): TaskTarget {
    return task.#target;
  }

  /** The arguments, without freezing them: for code that only reads them. */
  static argsOf(task: Task<unknown>): readonly unknown[] {
    return task.#args;
  }
}

/** How a task prints: `inspect` would not show what lies behind its getters. */
function printed(this: Task<unknown>, _: number, style: InspectOptions): string {
  const { module, name, options } = this;
  return `Task ${inspect({ module, name, args: Task.argsOf(this), options }, style)}`;
}

/** The type of a task's result: `TaskResult<Task<string> | Task<number>>` is `string | number`. */
export type TaskResult<T extends Task<unknown>> = T extends Task<infer R> ? R : never;

/**
 * The task itself, or this copy's equivalent of a task that another copy of the package made.
 *
 * @throws {InvalidTaskError} for a value that is not a task.
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

/** The target for this module and export: one object in this thread. */
export function internTarget(module: string, name: string): TaskTarget {
  const key = `${name}\n${module}`;
  let target = targets.get(key);
  if (target === undefined) {
    target = Object.freeze({ index: targets.size, module, name });
    targets.set(key, target);
  }
  return target;
}
