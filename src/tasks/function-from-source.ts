import { InvalidTaskError } from '../base/errors.ts';

/**
 * A function that returns the one with this source.
 *
 * @throws {SyntaxError} if it is no expression.
 * @throws {InvalidTaskError} where no code is made of strings, on the main thread or in this one.
 */
export function functionFromSource(source: string): () => unknown {
  try {
    return new Function(`return (${source}\n)`) as () => unknown;
  } catch (cause) {
    if (!(cause instanceof EvalError)) throw cause;
    const message = "inline() sends a function as source, and this process makes no code of strings (Node's";
    throw new InvalidTaskError(
      `${message} --disallow-code-generation-from-strings): put the function into a task module`,
      { cause },
    );
  }
}
