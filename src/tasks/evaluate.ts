import { functionFromSource } from './function-from-source.ts';

/**
 * The module in which `inline()` tasks run. It identifies a function by its source, and keeps the latest 256 compiled functions,
 * first in, first out: a loop that submits one function a million times compiles it once in each thread.
 */
const compiled = new Map<string, (...args: unknown[]) => unknown>();
const maxCompiled = 256;

export async function evaluate(source: string, ...args: unknown[]): Promise<unknown> {
  try {
    return await compile(source)(...args);
  } catch (error) {
    if (error instanceof ReferenceError) explain(error);
    throw error;
  }
}

function compile(source: string): (...args: unknown[]) => unknown {
  let fn = compiled.get(source);
  if (fn === undefined) {
    fn = functionFromSource(source)() as (...args: unknown[]) => unknown;
    // A Map iterates in insertion order: the first key is the oldest.
    if (compiled.size >= maxCompiled) compiled.delete(compiled.keys().next().value as string);
    compiled.set(source, fn);
  }
  return fn;
}

function explain(error: ReferenceError): void {
  error.message +=
    ' (a function given to inline() is sent as source: it can’t use variables or imports of the scope around' +
    ' it; pass them as arguments, or put it into a task module)';
}
