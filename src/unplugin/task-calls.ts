import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** `tasks(new URL('./work.js', import.meta.url))` in the source of a module. */
export interface TaskCall {
  /** Start and end of the argument of `tasks` in the source. */
  readonly start: number;
  readonly end: number;
  /** The absolute path of the task module. */
  readonly file: string;
}

const call =
  /\btasks\s*(?:<(?:[^;{}]|\{(?:[^{}]|\{[^{}]*\})*\})*?>)?\s*\(\s*(new\s+URL\(\s*(['"`])(\.{1,2}\/[^'"`$]+)\2\s*,\s*import\.meta\.url\s*,?\s*\))\s*,?\s*\)/g;

/** The calls in a module, in order. Leaves out calls whose file does not exist: the bundler reports those. */
export function taskCalls(code: string, importer: string): TaskCall[] {
  return [...code.matchAll(call)].flatMap((match) => {
    const [whole, url, , path] = match as unknown as [string, string, string, string];
    const file = sourceOf(resolve(dirname(importer), path));
    const start = match.index + whole.indexOf(url);
    return file === undefined ? [] : [{ start, end: start + url.length, file }];
  });
}

/** Returns the code with each argument replaced. */
export function replaceCalls(
  code: string,
  calls: readonly TaskCall[],
  url: (call: TaskCall) => string,
): string {
  let replaced = code;
  for (const each of calls.toReversed())
    replaced = replaced.slice(0, each.start) + url(each) + replaced.slice(each.end);
  return replaced;
}

/** The source of a path: TypeScript code names the file that will be compiled (`work.js` for `work.ts`). */
function sourceOf(path: string): string | undefined {
  return [path, path.replace(/\.([mc]?)js$/, '.$1ts'), path.replace(/\.js$/, '.tsx')].find((each) =>
    existsSync(each),
  );
}
