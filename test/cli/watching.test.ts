import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const work = fileURLToPath(new URL('../fixtures/work.mjs', import.meta.url));
const generators = fileURLToPath(new URL('../fixtures/generators.mjs', import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'watching-'));
  writeFileSync(join(folder, 'a.txt'), 'hello');
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly errors: string;
}

/** @param seen called with what has been written to standard error so far, whenever that grows. */
function run(words: readonly string[], input = '', seen: (errors: string) => void = () => {}): Promise<Run> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [cli, ...words], { cwd: folder });
    let [out, errors] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
      seen(errors);
    });
    child.on('close', (code) => resolve({ code, out, errors }));
    child.stdin.end(input);
  });
}

describe('--verdict', () => {
  test('says what the limit was, on standard error', async () => {
    const { code, out, errors } = await run(['hash', '--verdict', 'a.txt']);
    expect([code, out]).toEqual([0, expect.stringMatching(/^2cf24dba.* {2}a\.txt\n$/)]);
    expect(errors).toMatch(/^millrace: verdict: .+\n$/);
  });

  test('of a function that computes, that the threads were', async () => {
    const lines = '250\n'.repeat(8);
    const { errors, out } = await run(['map', `${work}#busy`, '-j', '1', '--verdict'], lines);
    expect(out.trim().split('\n')).toHaveLength(8);
    // What else the machine does may have taken its processor.
    expect(errors).toMatch(/verdict: (the threads were|the processors were)/);
  });
});

/** Milliseconds since the process began: what is slow here is so by a multiple of what this machine takes to start one. */
async function threeTimesAsLong(since: number): Promise<void> {
  const ms = 3 * (performance.now() - since);
  await new Promise((resolve) => setTimeout(resolve, ms));
}

describe('--verdict of a map', () => {
  /** Runs the function for lines; what it writes is held back until it is read. */
  function start(words: readonly string[]) {
    const began = performance.now();
    const child = spawn(process.execPath, [cli, 'map', ...words, '-j', '1', '--verdict'], { cwd: folder });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const verdict = once(child, 'close').then(() => errors);
    return { child, began, verdict };
  }

  test.each([
    ['a result', `${work}#echo`, '1\n', '1\n1\n'],
    ['what a generator yields', `${generators}#count`, '1\n', '0\n0\n'],
  ])('says that the input was the limit, with %s', async (_, target, line, all) => {
    const { child, began, verdict } = start([target]);
    child.stdin.write(line);
    let out = ((await once(child.stdout, 'data')) as [Buffer])[0].toString();
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    await threeTimesAsLong(began);
    child.stdin.end(line);
    expect(await verdict).toMatch(/^millrace: verdict: the input was the limit: threads [\d.]+ % busy\n$/);
    expect(out).toBe(all);
  });

  test.each([
    ['behind', 40],
    ['only to begin when all is done', 1],
  ])('says that the reader was, if it is %s', async (_, lines) => {
    const { child, began, verdict } = start([`${work}#echo`]);
    // More than a pipe holds, and what is read of it unasked.
    const line = `"${'x'.repeat(Math.ceil(4_000_000 / lines))}"\n`;
    child.stdin.end(line.repeat(lines));
    let length = ((await once(child.stdout, 'data')) as [Buffer])[0].length;
    child.stdout.pause();
    await threeTimesAsLong(began);
    child.stdout.on('data', (chunk: Buffer) => (length += chunk.length));
    child.stdout.resume();
    expect(await verdict).toMatch(
      /^millrace: verdict: whoever reads the results was the limit: threads [\d.]+ % busy\n$/,
    );
    expect(length).toBe(line.length * lines);
  });
});

describe('--trace', () => {
  test('leaves a trace that only its user may read', async () => {
    const { code } = await run(['hash', '--trace', 'out.json', 'a.txt']);
    expect(code).toBe(0);
    const events = JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8')) as { name: string }[];
    expect(events.map(({ name }) => name)).toContain('hashFile');
    expect(statSync(join(folder, 'out.json')).mode & 0o777).toBe(0o600);
  });

  test('that can’t be written is an error, before anything is done', async () => {
    const { code, out, errors } = await run(['hash', '--trace', 'missing/out.json', 'a.txt']);
    expect([code, out]).toEqual([1, '']);
    expect(errors).toMatch(/the trace can't be written to missing\/out\.json: ENOENT/);
  });

  test('needs a name', async () => {
    expect(await run(['hash', '--trace=', 'a.txt'])).toMatchObject({ code: 2, out: '' });
  });
});

describe('--inspect', () => {
  test('serves the page while it works, and says where', async () => {
    let asked: Promise<number> | undefined;
    const { code, errors, out } = await run(['map', `${work}#busy`, '--inspect'], '700\n700\n', (text) => {
      const [, url] = /inspector: (http:\/\/127\.0\.0\.1:\d+\/)\n/.exec(text) ?? [];
      if (url !== undefined) asked ??= fetch(url).then(({ status }) => status);
    });
    expect([code, out, await asked]).toEqual([0, '700\n700\n', 200]);
    expect(errors).toMatch(/^millrace: inspector: http/);
  });

  test('takes a port, and says so if it is in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const { code, errors } = await run(['hash', `--inspect=${port}`, 'a.txt']);
    other.close();
    expect(code).toBe(1);
    expect(errors).toMatch(new RegExp(`can't listen at 127\\.0\\.0\\.1, port ${port}: .*EADDRINUSE`));
  });

  test.each(['x', '', '-1', '65536', '1.5'])('refuses a port that is none: %j', async (port) => {
    const { code, errors } = await run(['hash', `--inspect=${port}`, 'a.txt']);
    expect([code, errors]).toEqual([2, expect.stringContaining('--inspect takes a port from 0 to 65535')]);
  });

  test('does not take the next word for its port', async () => {
    const { code, out } = await run(['hash', '--inspect', 'a.txt']);
    expect([code, out]).toEqual([0, expect.stringContaining('a.txt')]);
  });
});
