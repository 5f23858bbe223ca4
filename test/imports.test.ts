import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const src = fileURLToPath(new URL('../src/', import.meta.url));

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const statement = /^(?:import|export)\s+(type\s)?[^;'"]*?from\s+'([^']+)'/gm;
const dynamic = /import\('([^']+)'\)/g;

function importsOf(file: string): Import[] {
  const text = readFileSync(path.join(src, file), 'utf8');
  const resolve = (to: string) => (to.startsWith('.') ? path.posix.join(path.posix.dirname(file), to) : to);
  return [
    ...[...text.matchAll(statement)].map(([, type, to]) => ({ to, typeOnly: type !== undefined })),
    ...[...text.matchAll(dynamic)].map(([, to]) => ({ to, typeOnly: false })),
  ].map(({ to, typeOnly }) => ({ from: file, to: resolve(to as string), typeOnly }));
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .map((file) => file.split(path.sep).join('/'))
  .filter((file) => file.endsWith('.ts'));
const imports = files.flatMap(importsOf);

/** A file's part of the house: its folder (of the command line the outermost one), or its name if it stands at the top. */
function part(file: string): string {
  const folder = path.posix.dirname(file);
  if (folder === '.') return file.replace('.ts', '');
  return /^(?:cli|unplugin)(?=\/|$)/.exec(folder)?.[0] ?? folder;
}

const scheduler = ['', 'admission', 'dispatch', 'figures', 'job', 'nesting'].map((folder) =>
  path.posix.join('scheduler', folder),
);

/** What each part may import besides itself: a folder, or one file of it. */
const allowed: Record<string, readonly string[]> = {
  // Of pool/ only a task module, and that by its URL.
  cli: [
    'index',
    'flow',
    'tasks',
    'tasks/ready-made',
    'pool/worker/check-task.ts',
    'host',
    'base',
    'package-file',
  ],
  metrics: ['index', 'server', 'host', 'base'],
  server: ['index', 'tasks', 'base'],
  unplugin: ['base'],
  index: ['executor', ...scheduler, 'pool/main/worker-diagnostics.ts', 'tasks', 'host', 'base'],
  worker: ['pool', 'pool/worker', 'pool/worker/nested', 'tasks', 'base'],
  executor: [...scheduler, 'pool', 'pool/main', 'tasks', 'host', 'base'],
  'pool/worker/nested': ['pool/worker', 'flow', 'tasks', 'base'],
  'pool/worker': ['pool', 'pool/wire', 'tasks', 'base', 'package-file'],
  // Of the scheduler only its interface to whatever runs jobs.
  'pool/main': ['pool', 'pool/wire', 'scheduler/dispatch/backend.ts', 'tasks', 'base', 'package-file'],
  'pool/wire': ['tasks', 'base'],
  pool: ['base'],
  ...Object.fromEntries(scheduler.map((folder) => [folder, [...scheduler, 'tasks', 'base']])),
  flow: ['host', 'base'],
  tasks: ['tasks/ready-made', 'base', 'package-file'],
  'tasks/ready-made': ['tasks', 'base'],
  host: [],
  base: ['package-file'],
  'package-file': [],
};

function isAllowed({ from, to }: Import): boolean {
  return (
    part(from) === part(to) ||
    (allowed[part(from)]?.some((rule) => rule === to || rule === part(to)) ?? false)
  );
}

const show = ({ from, to }: Import) => `${from} → ${to}`;
const inside = imports.filter(({ to }) => to.endsWith('.ts'));
const outside = imports.filter(({ to }) => !to.endsWith('.ts'));

describe('imports', () => {
  test('are found', () => {
    expect(files.length).toBeGreaterThan(40);
    expect(inside.length).toBeGreaterThan(files.length);
  });

  test('point one way', () => {
    expect(inside.filter((each) => !isAllowed(each)).map(show)).toEqual([]);
  });

  test('of the interface that pool/ implements are of tasks/ only: it knows neither jobs nor threads', () => {
    expect(
      imports.filter(({ from }) => from === 'scheduler/dispatch/backend.ts').map(({ to }) => part(to)),
    ).toEqual(['tasks', 'tasks']);
  });

  test('of every part are spoken for', () => {
    expect(files.map(part).filter((name) => !(name in allowed))).toEqual([]);
  });

  test('of piscina are in pool/main/ only', () => {
    const found = outside.filter(({ to }) => to.startsWith('piscina'));
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter(({ from }) => part(from) !== 'pool/main').map(show)).toEqual([]);
  });

  test('of worker_threads are in pool/ and task modules; elsewhere only its types', () => {
    const found = outside.filter(({ to, typeOnly }) => to === 'node:worker_threads' && !typeOnly);
    expect(found.filter(({ from }) => !/^(?:pool|tasks)\//.test(from)).map(show)).toEqual([]);
  });

  test('never go round in a circle', () => {
    const next = new Map(files.map((file) => [file, inside.filter(({ from }) => from === file)]));
    const done = new Set<string>();
    const visit = (file: string, trail: readonly string[]): void => {
      expect(trail, 'a circle').not.toContain(file);
      if (done.has(file)) return;
      for (const { to } of next.get(file) ?? []) visit(to, [...trail, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
  });
});
