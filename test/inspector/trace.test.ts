import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Executor, InvalidOptionError, MillraceError, tasks } from 'millrace';
import { traceFile } from 'millrace/inspector';
import type { TraceFileOptions } from 'millrace/inspector';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Gate } from '../support/gate.ts';
import { work } from '../support/work.ts';
import { faults } from './trace-format.ts';
import type { TraceEvent } from './trace-format.ts';

const nested = tasks<typeof import('../fixtures/nested.mjs')>(
  new URL('../fixtures/nested.mjs', import.meta.url),
);

let folder: string;
let path: string;
let executor: Executor;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trace-'));
  path = join(folder, 'out.json');
});
afterEach(async () => {
  await executor.shutdown({ mode: 'kill' });
  rmSync(folder, { recursive: true });
});

const read = (file: string = path) => JSON.parse(readFileSync(file, 'utf8')) as TraceEvent[];

const named = (events: readonly TraceEvent[], name: RegExp) =>
  events.filter((event) => name.test(event.name));

async function traced(options: TraceFileOptions, act: () => Promise<unknown>): Promise<TraceEvent[]> {
  const trace = traceFile(executor, path, options);
  await act();
  await trace.stop();
  const events = read();
  expect(faults(events)).toEqual([]);
  return events;
}

describe('a trace', () => {
  test('has every task, by thread, in slices that nest', async () => {
    executor = new Executor({ workers: 2, name: 'traced' });
    const events = await traced({}, async () => {
      await Promise.all(Array.from({ length: 500 }, (_, index) => executor.run(work.echo(index))));
      await executor.run(work.sleep(5), { label: 'the long one' });
    });
    const ran = events
      .filter(({ ph, tid, name }) => ph === 'X' && tid > 0 && !name.startsWith('batch'))
      .reduce((sum, { args }) => sum + ((args?.['tasks'] as number | undefined) ?? 1), 0);
    expect(ran).toBe(501);
    const [long] = named(events, /^the long one$/);
    expect(long?.dur).toBeGreaterThan(4000);
    const threads = events
      .filter(({ ph, name }) => ph === 'M' && name === 'thread_name')
      .map(({ args }) => args?.['name']);
    expect(threads).toEqual(['callers', 'thread 1', 'thread 2']);
    expect(named(events, /^process_name$/)[0]?.args?.['name']).toMatch(/^traced /);
  });

  test('has counters of where tasks are', async () => {
    const gate = new Gate();
    executor = new Executor({ workers: 1, maxPending: 2 });
    const events = await traced({}, async () => {
      const all = Array.from({ length: 5 }, () => executor.run(work.pass(gate.shared)));
      await gate.arrivals();
      await eventually(() => expect(readFileSync(path, 'utf8')).toContain('"waiting":2'));
      gate.open();
      await Promise.all(all);
    });
    expect(named(events, /^tasks$/).some(({ ph, args }) => ph === 'C' && args?.['running'] === 1)).toBe(true);
  });

  test('has an arrow for what waited long, from its submission to its run', async () => {
    executor = new Executor({ workers: 1 });
    const events = await traced({ slowMs: 5 }, async () => {
      await Promise.all([executor.run(work.sleep(30)), executor.run(work.sleep(1), { label: 'late' })]);
    });
    const arrows = events.filter(({ ph }) => ph === 's' || ph === 'f');
    expect(arrows.length).toBeGreaterThanOrEqual(2);
    expect(named(events, /^submit late$/)).toHaveLength(1);
    expect(named(events, /^late waits$/).map(({ ph }) => ph)).toEqual(['b', 'e']);
  });

  test('has nested tasks as spans of their own', async () => {
    executor = new Executor({ workers: 1 });
    const events = await traced({}, () => executor.run(nested.deep(3)));
    const spans = events.filter(({ cat }) => cat === 'nested');
    expect(spans.filter(({ ph }) => ph === 'b').length).toBeGreaterThanOrEqual(1);
  });

  test('has what went wrong, but no messages', async () => {
    executor = new Executor({ workers: 1, maxPending: 0 });
    const events = await traced({}, async () => {
      await executor.run(work.throwCustom()).catch(() => {});
      await executor.run(work.exit(3)).catch(() => {});
      const busy = executor.run(work.sleep(20));
      expect(executor.trySubmit(work.echo(1))).toBeNull();
      await busy;
    });
    const told = events.filter(({ ph }) => ph === 'i').map(({ name }) => name);
    expect(told).toEqual(
      expect.arrayContaining(['rejected: threw', 'rejected: crashed', 'refused: saturated']),
    );
    expect(told.some((name) => name === 'thread ends: crashed')).toBe(true);
    const text = readFileSync(path, 'utf8');
    expect(text).toContain('E_PAYMENT');
    expect(text).not.toContain('no funds');
  });

  test('is its user’s alone, also if a file was there that was not', async () => {
    writeFileSync(path, 'old', { mode: 0o644 });
    executor = new Executor({ workers: 1 });
    await traced({}, () => executor.run(work.echo(1)));
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('of labels that are no JSON stays JSON', async () => {
    executor = new Executor({ workers: 1 });
    const label = `"\n\u0000\\ ${'x'.repeat(500)}`;
    const events = await traced({}, () => executor.run(work.echo(1), { label }));
    expect(named(events, /^"/)[0]?.name.length).toBeLessThanOrEqual(80);
  });

  test('of two executors keeps them apart', async () => {
    executor = new Executor({ workers: 1 });
    await using other = new Executor({ workers: 1 });
    const trace = traceFile([executor, other], path);
    await Promise.all([executor.run(work.echo(1)), other.run(work.echo(2))]);
    await trace.stop();
    expect(new Set(named(read(), /^echo$/).map(({ pid }) => pid)).size).toBe(2);
  });
});

test('a trace of all that can happen at once has no fault', async () => {
  executor = new Executor({ workers: 3, maxPending: 20, onUnobservedError: () => {} });
  await using other = new Executor({ workers: 1 });
  const trace = traceFile([executor, other], path, { taskMs: 0.1, slowMs: 1 });
  const round = () => [
    executor.run(work.exit(3), { retries: 1 }),
    executor.run(work.throwCustom()),
    executor.run(nested.deep(3)),
    executor.run(nested.deep(2), { label: 'of its own' }),
    ...Array.from({ length: 40 }, (_, index) => executor.run(work.echo(index))),
    executor.run(work.sleep(12), { timeoutMs: 4 }),
    executor.run(work.sleep(8), { signal: AbortSignal.timeout(3) }),
    other.run(work.sleep(3)),
  ];
  for (let index = 0; index < 6; index++) {
    const all = round();
    for (let count = 0; count < 30; count++) void executor.trySubmit(work.echo(count));
    await Promise.allSettled(all);
  }
  await trace.stop();
  const events = read();
  expect(faults(events)).toEqual([]);
  const phases = new Set(events.map(({ ph }) => ph));
  expect([...phases].toSorted()).toEqual(['C', 'M', 'X', 'b', 'e', 'f', 'i', 's']);
});

describe('the format is checked: a trace is at fault', () => {
  const track = { pid: 1, tid: 1 };
  const named = ['process_name', 'thread_name'].map((name) => ({ ph: 'M', name, ts: 0, ...track, args: {} }));
  const slice = (name: string, ts: number, dur: number) => ({ ph: 'X', name, ts, dur, ...track });
  const flow = (ph: string, ts: number) => ({ ph, name: 'w', cat: 'w', id: '1', bp: 'e', ts, ...track });
  test.each<[string, TraceEvent[], RegExp]>([
    ['slices overlap', [slice('a', 0, 2), slice('b', 1, 2)], /b reaches out of a/],
    ['an end is missing', [flow('b', 1)], /w 1: b instead/],
    ['an end is before its begin', [flow('b', 2), flow('e', 1)], /w 1: e b instead/],
    ['an id is used twice at once', ['b', 'b', 'e', 'e'].map((ph, at) => flow(ph, at)), /b b e e/],
    ['an arrow leads nowhere', [slice('a', 0, 2), flow('s', 1), flow('f', 3)], /to nowhere: .*"ph":"f"/],
    [
      'a clock goes back',
      [2, 1].map((ts) => ({ ph: 'C', name: 'n', ts, ...track, args: { n: 1 } })),
      /the clock goes back to 1/,
    ],
    ['a track has no name', [{ ...slice('a', 0, 1), tid: 2 }], /1\.2 has no name/],
    ['a time is none', [{ ...slice('a', 0, 1), ts: NaN }], /no event of its kind/],
    ['a phase is unknown', [{ ...slice('a', 0, 1), ph: 'Z' }], /no event of its kind/],
  ])('if %s', (_, events, fault) => {
    expect(faults([...named, ...events]).join('\n')).toMatch(fault);
    expect(faults([...named, slice('a', 0, 3), slice('b', 1, 2), flow('s', 1), flow('f', 2)])).toEqual([]);
  });
});

describe('a trace is bounded:', () => {
  const busy = async (until: () => boolean) => {
    while (!until())
      await Promise.all(Array.from({ length: 2000 }, (_, index) => executor.run(work.echo(index))));
  };

  test('it says when it is full, and is whole', async () => {
    executor = new Executor({ workers: 1 });
    const trace = traceFile(executor, path, { maxBytes: 65_536, taskMs: 0 });
    await busy(() => readFileSync(path, 'utf8').endsWith(']\n'));
    await trace.stop();
    expect(statSync(path).size).toBeLessThanOrEqual(65_536);
    const events = read();
    expect(events.at(-1)?.name).toMatch(/full/);
  });

  test('with lastMs the oldest goes', async () => {
    executor = new Executor({ workers: 1 });
    const trace = traceFile(executor, path, { lastMs: 300 });
    await executor.run(work.echo(0), { label: 'the first' });
    await eventually(() => expect(readFileSync(path, 'utf8')).toContain('the first'));
    const began = performance.now();
    await busy(() => performance.now() - began > 1200);
    await executor.run(work.echo(0), { label: 'the last' });
    await trace.stop();
    const events = read();
    expect(faults(events)).toEqual([]);
    expect(named(events, /^the first$/)).toEqual([]);
    expect(named(events, /^the last$/)).toHaveLength(1);
    expect(existsSync(`${path}.old`)).toBe(false);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('also by bytes', async () => {
    executor = new Executor({ workers: 1 });
    const trace = traceFile(executor, path, { lastMs: 60_000, maxBytes: 65_536, taskMs: 0 });
    await busy(() => existsSync(`${path}.old`));
    await executor.run(work.echo(0), { label: 'the last' });
    await trace.stop();
    expect(statSync(path).size).toBeLessThanOrEqual(65_536);
    expect(named(read(), /^the last$/)).toHaveLength(1);
  });
});

test('goes on where it began, though the process changes its directory', async () => {
  executor = new Executor({ workers: 1 });
  const module = script(`
    const { existsSync } = await import('node:fs');
    const trace = traceFile(executor, 'out.json', { lastMs: 100 });
    process.chdir('/');
    while (!existsSync(${JSON.stringify(`${path}.old`)})) await executor.run(work.echo(1));
    await executor.run(work.echo(1), { label: 'seen' });
    await trace.stop();
    await executor.shutdown();`);
  const child = spawn(process.execPath, ['--input-type=module', '-e', module], {
    cwd: folder,
    stdio: 'inherit',
    timeout: 60_000,
  });
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(named(read(), /^seen$/)).toHaveLength(1);
  expect(existsSync(`${path}.old`)).toBe(false);
});

describe('a process that ends', () => {
  const seen = (end: string) =>
    script(`
      traceFile(executor, ${JSON.stringify(path)});
      await executor.run(work.echo(1), { label: 'seen' });
      ${end}`);

  test('by SIGKILL leaves a trace that is valid with a bracket', async () => {
    executor = new Executor({ workers: 1 });
    const loop = `for (;;) await Promise.all(Array.from({ length: 500 }, (_, index) => executor.run(work.echo(index))));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', seen(loop)], { stdio: 'inherit' });
    await eventually(() => expect(readFileSync(path, 'utf8').length).toBeGreaterThan(20_000));
    child.kill('SIGKILL');
    await once(child, 'exit');
    const events = JSON.parse(`${readFileSync(path, 'utf8')}]`) as TraceEvent[];
    expect(faults(events)).toEqual([]);
    expect(named(events, /^seen$/)).toHaveLength(1);
  });

  test('by itself leaves a whole one, though nobody stopped the trace', async () => {
    executor = new Executor({ workers: 1 });
    const child = spawn(process.execPath, ['--input-type=module', '-e', seen('')], { stdio: 'inherit' });
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(named(read(), /^seen$/)).toHaveLength(1);
  });
});

describe('a trace that can’t be', () => {
  test('is a clear error', () => {
    executor = new Executor({ workers: 1 });
    const missing = join(folder, 'missing', 'out.json');
    expect(() => traceFile(executor, missing)).toThrow(MillraceError);
    expect(() => traceFile(executor, missing)).toThrow(/the trace can't be written to .*missing.*ENOENT/);
    expect(() => traceFile(executor, folder)).toThrow(/EISDIR/);
    expect(() => traceFile(executor, '')).toThrow(InvalidOptionError);
    expect(() => traceFile({} as Executor, path)).toThrow(/executors must be/);
    expect(() => traceFile([], path)).toThrow(/executors must be/);
    for (const bad of [
      { lastMs: 1 },
      { maxBytes: 5 },
      { taskMs: -1 },
      { slowMs: NaN },
      { nonsense: 1 },
    ] as object[])
      expect(() => traceFile(executor, path, bad)).toThrow(InvalidOptionError);
    expect(existsSync(path)).toBe(false);
  });

  test('written because another one is writing the file says so at once, and the other goes on', async () => {
    executor = new Executor({ workers: 1 });
    const events = await traced({}, async () => {
      expect(() => traceFile(executor, relative('.', path))).toThrow(/another trace is writing it/);
      await executor.run(work.echo(1), { label: 'seen' });
    });
    expect(named(events, /^seen$/)).toHaveLength(1);
    await traceFile(executor, path).stop();
  });

  test('go on because its file was taken away is told of, and the executor goes on', async () => {
    executor = new Executor({ workers: 1 });
    const trace = traceFile(executor, path, { lastMs: 300 });
    const warned = new Promise<Error>((resolve) => {
      process.on('warning', (warning) => warning.name === 'MillraceTraceWarning' && resolve(warning));
    });
    rmSync(path);
    const over = new AbortController();
    const busy = (async () => {
      while (!over.signal.aborted) await executor.run(work.sleep(1));
    })();
    expect((await warned).message).toMatch(/the trace can't be written to .*: ENOENT/);
    over.abort();
    await busy;
    await expect(trace.stop()).rejects.toMatchObject({ code: 'ERR_MILLRACE_TRACE' });
    expect(await executor.run(work.echo(1))).toBe(1);
  });

  test('at its beginning for lack of space is one, too', async () => {
    executor = new Executor({ workers: 1 });
    expect(() => traceFile(executor, '/dev/full')).toThrow(/can't be written to \/dev\/full: ENOSPC/);
    expect(await executor.run(work.echo(1))).toBe(1);
  });

  test('go on when the disk is full is told of, and the executor goes on', async () => {
    executor = new Executor({ workers: 1 });
    const module = script(`
      const trace = traceFile(executor, ${JSON.stringify(path)}, { taskMs: 0 });
      const warned = new Promise((resolve) => process.on('warning', ({ name }) => name === 'MillraceTraceWarning' && resolve()));
      let going = true;
      void warned.then(() => (going = false));
      while (going) await Promise.all(Array.from({ length: 2000 }, (_, index) => executor.run(work.echo(index))));
      console.log(await executor.run(work.echo('goes on')));
      await trace.stop().catch(({ code, message }) => console.log(code, message));
      await executor.shutdown();`);
    // As a file that may not be larger: with the signal ignored, a write fails as on a full disk.
    const limited = `trap '' XFSZ; ulimit -f 64; exec "$0" --no-warnings --input-type=module -e "$1"`;
    const child = spawn('sh', ['-c', limited, process.execPath, module], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    await once(child, 'close');
    expect(out).toMatch(/^goes on\nERR_MILLRACE_TRACE the trace can't be written to .*out\.json: EFBIG/);
    expect(faults(JSON.parse(`${readFileSync(path, 'utf8')}]`) as TraceEvent[])).toEqual([]);
  });
});

/** A module that makes an executor; what follows may use it, `traceFile` and `work`. */
function script(act: string): string {
  const own = (file: string) => JSON.stringify(fileURLToPath(new URL(`../../dist/${file}`, import.meta.url)));
  return `
    import { Executor, tasks } from ${own('index.js')};
    import { traceFile } from ${own('inspector/index.js')};
    const work = tasks(${JSON.stringify(new URL('../fixtures/work.mjs', import.meta.url).href)});
    const executor = new Executor({ workers: 1 });
    ${act}`;
}
