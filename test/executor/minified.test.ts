import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

const script = `
import { inspect } from 'node:util';
import * as millrace from '${root}src/index.ts';
import * as flow from '${root}src/flow/index.ts';
import * as http from '${root}src/server/http.ts';
import { describeError, createError } from '${root}src/pool/wire/error-record.ts';

const { Executor, SaturatedError, WorkerCrashedError, TaskTimeoutError, ExecutorClosedError, PeerError } = millrace;
const thrown = (fn) => {
  try {
    fn();
  } catch (error) {
    return error;
  }
};
const samples = [
  new millrace.MillraceError('ERR_MILLRACE_NO_ERROR', 'why'),
  thrown(() => new Executor({ wrong: 1 })),
  thrown(() => millrace.asCompleted([1])),
  new millrace.InvalidTaskError('why'),
  new SaturatedError('why', { limit: 1, pending: 1, retryAfterMs: undefined }),
  new TaskTimeoutError('why', 'running'),
  new ExecutorClosedError('why'),
  new WorkerCrashedError('why', {}),
  new PeerError('why', { package: 'a', found: undefined, wanted: '1' }),
  new flow.FlowClosedError('why'),
  new flow.DeadlockError('why', new Error('here')),
  new http.HttpError(503, 'ERR_MILLRACE_SATURATED', 'why'),
];
const report = samples.map((error) => {
  const { type } = describeError(error);
  const arrived = createError({ ...describeError(error), properties: {} });
  return { name: error.name, text: String(error), printed: inspect(error), code: error.code, type, again: arrived.name };
});
const classes = Object.entries({ ...millrace, ...flow, ...http })
  .filter(([, type]) => typeof type === 'function' && type.prototype instanceof Error)
  .map(([name, type]) => [name, type.prototype.name]);

console.log(JSON.stringify({ report, classes, minified: millrace.Executor.name }));
`;

interface Report {
  readonly report: {
    name: string;
    text: string;
    printed: string;
    code: string;
    type: string;
    again: string;
  }[];
  readonly classes: [exported: string, name: string][];
  readonly minified: string;
}

let folder: string;
let seen: Report;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-minified-'));
  const [entry, outfile] = [join(folder, 'entry.ts'), join(folder, 'out.cjs')];
  writeFileSync(entry, script);
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    packages: 'external',
    format: 'cjs',
    define: { 'import.meta.url': JSON.stringify(new URL('../../src/package-file.ts', import.meta.url).href) },
    nodePaths: [join(root, 'node_modules')],
  });
  const NODE_PATH = join(root, 'node_modules');
  const out = execFileSync(process.execPath, [outfile], {
    encoding: 'utf8',
    env: { ...process.env, NODE_PATH },
  });
  seen = JSON.parse(out) as Report;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the bundle is minified: its classes have other names', () => {
  expect(seen.minified).toMatch(/^\w{1,3}$/);
});

test('every class of errors has its literal name there', () => {
  expect(seen.classes.length).toBeGreaterThan(8);
  for (const [exported, name] of seen.classes) expect(name).toBe(exported);
});

test('errors print as themselves, know their code, and cross between threads as what they are', () => {
  for (const { name, text, printed, code, type, again } of seen.report) {
    expect(name).toMatch(/^[A-Z]\w+Error$/);
    expect(text.startsWith(`${name}: `), text).toBe(true);
    expect(printed.startsWith(`${name}: `), printed).toBe(true);
    expect(code).toMatch(/^ERR_MILLRACE_/);
    expect([type, again]).toEqual([name === 'HttpError' ? 'MillraceError' : name, name]);
  }
});
