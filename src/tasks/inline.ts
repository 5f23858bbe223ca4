import { InvalidTaskError } from '../base/errors.ts';
import { show } from '../base/options.ts';
import { threadModule } from '../package-file.ts';
import { functionFromSource } from './function-from-source.ts';
import { internTarget, Task } from './task.ts';
import type { TaskOf } from './generator-task.ts';
import type { TaskTarget } from './task.ts';
import { validateTaskOptions } from './task-options.ts';

export const inlineTarget: TaskTarget = internTarget(threadModule('tasks/evaluate').href, 'evaluate');

/**
 * A task from a function that is sent as its source, for scripts and the REPL, where a task module would be too much. The function
 * must be self-contained: it can use its arguments, Node's globals and `await import(…)`, but no variable of the scope around it.
 *
 * @param fn its name becomes the task's label, `'inline'` if it has none.
 * @param args the arguments of the call; they are cloned when the task is sent.
 * @throws {InvalidTaskError} for a function without usable source (native, bound, a method shorthand, a class), and under
 *   Node's `--disallow-code-generation-from-strings`.
 */
export function inline<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): TaskOf<R> {
  if (typeof fn !== 'function') throw new InvalidTaskError(`inline() takes a function, not ${show(fn)}`);
  return new Task(inlineTarget, [sourceOf(fn), ...args], optionsOf(fn)) as TaskOf<R>;
}

const sources = new WeakMap<object, string>();

function sourceOf(fn: (...args: never[]) => unknown): string {
  let source = sources.get(fn);
  if (source === undefined) {
    source = String(fn);
    if (/^class\b/.test(source)) throw new InvalidTaskError('inline() takes a function, not a class');
    try {
      // Parsed, not run: so the caller gets the error, and not the thread.
      functionFromSource(source);
    } catch (cause) {
      if (cause instanceof InvalidTaskError) throw cause;
      const message = `inline() can't send ${fn.name || 'this function'}: its source does not stand by itself`;
      throw new InvalidTaskError(`${message} (write it as an arrow function or a function expression)`, {
        cause,
      });
    }
    sources.set(fn, source);
  }
  return source;
}

const optionsOf = (fn: { name: string }) => validateTaskOptions({ label: fn.name || 'inline' });
