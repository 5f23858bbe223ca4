import { InvalidTaskError } from '../base/errors.ts';

/**
 * Compiles a source, without running it: the returned function evaluates it and returns its value.
 *
 * @throws {SyntaxError} if the source is not an expression.
 * @throws {InvalidTaskError} under Node's `--disallow-code-generation-from-strings`.
 */
export function functionFromSource(source: string): () => unknown {
  try {
    return new Function(`return (${source}\n)`) as () => unknown;
  } catch (cause) {
    if (!(cause instanceof EvalError)) throw cause;
    const message =
      "inline() sends a function as source, but this process compiles no code from strings (Node's";
    throw new InvalidTaskError(
      `${message} --disallow-code-generation-from-strings): put the function into a task module`,
      { cause },
    );
  }
}
