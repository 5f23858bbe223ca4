import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exitOf, runCli, startCli } from '../run-cli.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-tune-'));
  writeFileSync(
    join(folder, 'work.mjs'),
    `import { writeSync } from 'node:fs';
     export const double = (n) => n * 2;
     export const picky = (n) => { if (n === 2) throw new RangeError('not two'); return n; };
     export const stuck = () => { writeSync(2, 'begun'); for (;;); };
     export const crash = () => process.exit(3);`,
  );
  writeFileSync(join(folder, 'input'), '1\n\n2\n3\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

const quick = ['--seconds', '0.01', '--rounds', '2'];
const tune = (...args: string[]) => runCli(['tune', ...args], '', folder);

describe('millrace tune', () => {
  test('prints the settings, the curves and what to set, and writes both files', async () => {
    const files = ['--svg', 'curve.svg', '--json', 'figures.json'];
    const { code, stdout, stderr } = await tune(
      'work.mjs#double',
      '--input',
      'input',
      '--max-workers',
      '2',
      ...quick,
      ...files,
    );
    expect(code).toBe(0);
    expect(stderr).toMatch(/^millrace: at most 42 measurements of 0.01 s, 0.42 s; .*\n$/);
    const text = stdout.toString();
    const { points, knee, best, advice, rounds, otherProcessesCpuShare } = JSON.parse(
      readFileSync(join(folder, 'figures.json'), 'utf8'),
    );

    expect(text.split('\n')[0]).toMatch(/^workers +outstanding +tasks\/s +p50 ms +p99 ms +CPUs +spread$/);
    expect(text.match(/^ +\d+ +\d+ +[\d,.]+ +[\d.,]+ .*%/gm)).toHaveLength(points.length);
    expect(text.match(/← knee/g)).toHaveLength(1);
    expect(text).toContain('●');
    expect(text).toContain(
      `Set new Executor({ workers: ${advice.workers}, maxPending: ${advice.maxPending} }), or window: ${advice.window}`,
    );
    expect(text).toMatch(/^Other processes took \d+ % of the machine's CPU time before, and /m);

    expect(rounds).toBe(2);
    expect(points.length).toBeGreaterThanOrEqual(6);
    for (const point of points) {
      expect(point.rounds).toHaveLength(2);
      expect(point.tasksPerSecond).toBeGreaterThan(0);
      expect(point.latencyP99Ms).toBeGreaterThanOrEqual(point.latencyP50Ms);
    }
    expect(
      points
        .slice(0, 3)
        .map((point: { workers: number; outstanding: number }) => [point.workers, point.outstanding]),
    ).toEqual([
      [1, 1],
      [1, 2],
      [1, 4],
    ]);
    expect([knee, best]).toEqual(
      [knee, best].map((point) => expect.objectContaining({ workers: point.workers })),
    );
    expect(advice).toMatchObject({ workers: knee.workers, window: knee.outstanding });
    expect(otherProcessesCpuShare.before).toBeGreaterThanOrEqual(0);
    expect(await sharp(join(folder, 'curve.svg')).metadata()).toMatchObject({ format: 'svg', width: 860 });
  });

  test('reads standard input, without --input', async () => {
    const { code, stdout } = await runCli(
      ['tune', 'work.mjs#double', '--max-workers', '1', ...quick],
      '7\n',
      folder,
    );
    expect(code).toBe(0);
    expect(stdout.toString()).toContain('Only 1 worker was measured.');
  });

  test('a task that fails ends it, with its line', async () => {
    const { code, stdout, stderr } = await tune('work.mjs#picky', '--input', 'input', ...quick);
    expect(code).toBe(1);
    expect(stdout.toString()).toBe('');
    expect(stderr).toContain('millrace: line 3: not two\n');
  });

  test('a task that ends its thread ends it, with its line', async () => {
    const { code, stderr } = await tune('work.mjs#crash', '--input', 'input', ...quick);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^millrace: line [134]: .*exit/m);
  });

  test('a line that is no JSON ends it before anything is measured', async () => {
    writeFileSync(join(folder, 'input'), '1\n{\n');
    const { code, stderr } = await tune('work.mjs#double', '--input', 'input');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^millrace: line 2: .*JSON.*\n$/);
  });

  test('an input without a value is refused', async () => {
    writeFileSync(join(folder, 'input'), '\n\n');
    const { code, stderr } = await tune('work.mjs#double', '--input', 'input');
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'millrace: input: has no line with a value\n' });
  });

  test.each([
    [['work.mjs#double', '--input', 'nowhere'], 1, 'millrace: nowhere: no such file or directory\n'],
    [['work.mjs#double', '--input', 'input', '--json', '.'], 1, 'millrace: .: is a directory\n'],
    [
      ['work.mjs#double', '--input', 'input', '--svg', 'no/curve.svg'],
      1,
      'millrace: no/curve.svg: no such file or directory\n',
    ],
    [['work.mjs#double', '--input', 'input', '--json', ''], 2, '--json needs the name of a file'],
    [
      ['work.mjs#nope', '--input', 'input', ...quick],
      2,
      "has no function 'nope' (its functions: crash, double, picky, stuck)",
    ],
    [['nowhere.mjs#double', '--input', 'input', ...quick], 2, 'there is no module at'],
    [['work.mjs#then', '--input', 'input'], 2, "'then' can't be the name of a task"],
    [[], 2, 'tune takes one MODULE#EXPORT'],
    [['work.mjs#double', 'work.mjs#picky'], 2, 'tune takes one MODULE#EXPORT'],
    [['work.mjs#double', '--workers', '2'], 2, "unknown option '--workers' ("],
    [['work.mjs#double', '--max-workers', '0'], 2, "--max-workers must be a positive integer, not '0'"],
    [['work.mjs#double', '--seconds', '0'], 2, "--seconds must be a number above 0 up to 3600, not '0'"],
    [['work.mjs#double', '--seconds', '1e9'], 2, "--seconds must be a number above 0 up to 3600, not '1e9'"],
    [['work.mjs#double', '--rounds', 'two'], 2, "--rounds must be a positive integer, not 'two'"],
  ])('%j exits with %i', async (args, expected, message) => {
    const { code, stdout, stderr } = await tune(...args);
    expect(stderr).toContain(message);
    expect(stdout.toString()).toBe('');
    expect(code).toBe(expected);
  });

  test('--svg without echarts says how to install it, and measures nothing', async () => {
    // The command line as it is where only the package and its dependencies are installed.
    const modules = join(folder, 'node_modules');
    const root = fileURLToPath(new URL('../../../', import.meta.url));
    cpSync(join(root, 'dist'), join(modules, 'millrace', 'dist'), { recursive: true });
    cpSync(join(root, 'package.json'), join(modules, 'millrace', 'package.json'));
    for (const name of ['piscina', 'cli-progress', 'os-utils', 'simple-ascii-chart'])
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
    const cli = join(modules, 'millrace', 'dist', 'cli.js');
    const args = ['tune', 'work.mjs#double', '--input', 'input', '--svg', 'curve.svg'];
    const { status: code, stderr } = spawnSync(process.execPath, [cli, ...args], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(stderr).toBe('millrace: --svg needs the package echarts: npm install echarts\n');
    expect(code).toBe(1);
    expect(existsSync(join(folder, 'curve.svg'))).toBe(false);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends it at once, also while a task never returns', async (signal, code) => {
    const child = startCli(['tune', 'work.mjs#stuck', '--input', 'input', '--seconds', '3600'], folder);
    let seen = '';
    await new Promise<void>((resolve) => {
      child.stderr.on('data', (chunk) => {
        seen += String(chunk);
        if (seen.includes('begun')) resolve();
      });
    });
    child.kill(signal);
    expect(await exitOf(child)).toBe(code);
    expect(seen).toMatch(/^millrace: at most .*\n(begun)+$/);
  });

  test('a signal ends it while it waits for its input, before any thread', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const child = startCli(['tune', 'work.mjs#double', '--input', pipe], folder);
    // Opens when it is open at the other end.
    const writer = await open(pipe, 'w');
    child.kill('SIGINT');
    expect(await exitOf(child)).toBe(130);
    await writer.close();
  });

  test('--help tells its options, and not the workers’ that it does not take', async () => {
    const { code, stdout } = await tune('--help');
    expect(code).toBe(0);
    for (const option of ['--input', '--max-workers', '--seconds', '--rounds', '--svg', '--json']) {
      expect(stdout.toString()).toContain(`  ${option} `);
    }
    expect(stdout.toString()).not.toContain('--workers N');
  });
});

test('the package has no plotting library that not everybody needs', () => {
  const manifest = JSON.parse(
    readFileSync(fileURLToPath(new URL('../../../package.json', import.meta.url)), 'utf8'),
  );
  expect(manifest.dependencies).not.toHaveProperty('echarts');
  expect(manifest.peerDependenciesMeta.echarts).toEqual({ optional: true });
});
