/**
 * The error with which a module failed to load. Adds file and line to a `SyntaxError`, or at least the task module that was
 * loaded: Node's error does not name them.
 */
export async function withPlace(error: unknown, module: string): Promise<unknown> {
  if (!(error instanceof SyntaxError) || placed.has(error) || !isOfLoader(error)) return error;
  placed.add(error);
  const { message, stack = '' } = error;
  const shown = placeOf(stack) === undefined ? await parseAll(module, message) : '';
  const place = placeOf(shown) ?? placeOf(stack) ?? `while ${module} was loaded`;
  error.message = `${message} (${place})`;
  // The stack began with the message as it was.
  error.stack = shown + stack.replace(message, () => error.message);
  return error;
}

/** Errors that have their place: Node rejects each import of the module with the same error. */
const placed = new WeakSet<SyntaxError>();

/** Was the error thrown by Node's loader, not by code such as `JSON.parse`? */
const isOfLoader = ({ stack = '' }: Error): boolean => /\(node:internal\/modules\//.test(firstFrame(stack));

const firstFrame = (stack: string): string => /^ +at .*$/m.exec(stack)?.[0] ?? '';

/** The place as Node prints it above the line: `file:///work/module.mjs:3`. */
const placeOf = (text: string): string | undefined => /^(.+:\d+)\n/.exec(text)?.[1];

/** Parses the module and its imports without running them, and returns what Node prints above an uncaught `SyntaxError`. */
async function parseAll(module: string, message: string): Promise<string> {
  // Loaded on demand: rarely needed.
  const { execFile } = await import('node:child_process');
  const { NODE_OPTIONS: _, ...env } = process.env;
  const flags = ['--experimental-vm-modules', '--experimental-import-meta-resolve', '--no-warnings'];
  const args = [...flags, '--input-type=module', '--eval', parser, module, message];
  return new Promise((resolve) => {
    const parsing = (_: unknown, _out: string, printed: string) =>
      resolve(placeOf(printed) === undefined ? '' : printed.slice(0, printed.indexOf('SyntaxError: ')));
    try {
      execFile(process.execPath, args, { env, timeout: 10_000 }, parsing);
    } catch {
      resolve('');
    }
  });
}

/** Only an error with the same message counts: other errors come from files that Node would parse differently. */
const parser = `
  import { readFileSync } from 'node:fs';
  import { SourceTextModule } from 'node:vm';
  const [, module, message] = process.argv;
  const found = new Set([module]);
  for (const identifier of found) {
    try {
      const parsed = new SourceTextModule(readFileSync(new URL(identifier), 'utf8'), { identifier });
      for (const name of parsed.dependencySpecifiers) found.add(import.meta.resolve(name, identifier));
    } catch (error) {
      if (error.name === 'SyntaxError' && error.message === message) throw error;
    }
  }`;
