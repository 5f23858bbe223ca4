import { execFile } from 'node:child_process';

/**
 * The error with which a module failed to load. A `SyntaxError` gets the file and line where it is, or at least the task
 * module that was loaded: of modules that can't be parsed Node keeps that to itself.
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

/** Node fails with one and the same error each time. */
const placed = new WeakSet<SyntaxError>();

/** And not thrown by code: by `JSON.parse`, for example. */
const isOfLoader = ({ stack = '' }: Error): boolean => /\(node:internal\/modules\//.test(firstFrame(stack));

const firstFrame = (stack: string): string => /^ +at .*$/m.exec(stack)?.[0] ?? '';

/** As Node prints it above the line in question: `file:///work/module.mjs:3`. */
const placeOf = (text: string): string | undefined => /^(.+:\d+)\n/.exec(text)?.[1];

/** Parses the module and what it imports, without running any of it; what Node prints above a `SyntaxError` that it does not catch. */
function parseAll(module: string, message: string): Promise<string> {
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

/** An error with the same message is the one; others come from what is no such module, and Node parses differently. */
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
