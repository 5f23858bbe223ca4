import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setEnvironmentData } from 'node:worker_threads';
import { afterAll, beforeEach, expect } from 'vitest';
import { exceptions } from './exceptions.ts';

/** Memory can't go along with a task to a host; its threads have that of all gates from their start. */
setEnvironmentData('test gates', new SharedArrayBuffer(12 * 50_000));

const folder = fileURLToPath(new URL('../../', import.meta.url));
const names: string[] = [];
let file = '';

beforeEach(({ task, skip }) => {
  file = relative(folder, task.file.filepath);
  const name = fullName(task);
  names.push(name);
  const exception = exceptions.find((each) => each.file === file && (each.test?.test(name) ?? true));
  if (exception !== undefined) skip(exception.why);
});

afterAll(() => {
  const unused = exceptions.filter(
    (each) => each.file === file && !names.some((name) => each.test?.test(name) ?? true),
  );
  // Not when a few tests were picked out by name.
  if (!process.argv.some((each) => each === '-t' || each.startsWith('--testNamePattern')))
    expect(unused, 'exceptions that are not needed').toEqual([]);
});

interface Named {
  readonly name: string;
  readonly suite?: Named | undefined;
}

function fullName({ name, suite }: Named): string {
  return suite === undefined ? name : `${fullName(suite)} ${name}`;
}
