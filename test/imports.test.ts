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

/** A file's part of the house: its folder (of some the outermost one), or its name if it stands at the top. */
function part(file: string): string {
  const folder = path.posix.dirname(file);
  if (folder === '.') return file.replace('.ts', '');
  return /^(?:cli|cluster|inspector|unplugin)(?=\/|$)/.exec(folder)?.[0] ?? folder;
}

const below = (folder: string, ...names: string[]) =>
  ['', ...names].map((name) => path.posix.join(folder, name));

const scheduler = below(
  'scheduler',
  'admission',
  'dispatch',
  'dispatch/growth',
  'dispatch/workers',
  'figures',
  'job',
  'nesting',
);
const main = below('pool/main', 'batches', 'start');
const worker = below('pool/worker', 'isolation', 'iterating', 'loading', 'parking');

const each = (folders: readonly string[], rules: readonly string[]) =>
  Object.fromEntries(folders.map((folder) => [folder, rules]));

/** What each part may import besides itself: a folder, or one file of it. */
const allowed: Record<string, readonly string[]> = {
  // Of pool/ only a task module, and that by its URL.
  cli: [
    'index',
    'cluster',
    'metrics',
    'inspector',
    'flow',
    'tasks',
    'tasks/ready-made',
    'pool/worker/check-task.ts',
    'executor/inside.ts',
    'host',
    'base',
    'package-file',
  ],
  // It supplies an engine, and lets hosts run what it has carried: of pool/ only how values cross.
  cluster: [
    'index',
    // What hosts tell of themselves to those who watch.
    'inspector/record/frame.ts',
    'inspector/record/recorder.ts',
    'executor',
    ...scheduler,
    'pool/wire',
    'tasks',
    'base',
    'package-file',
  ],
  inspector: ['index', 'server/gate-diagnostics.ts', 'host', 'base', 'package-file'],
  metrics: ['index', 'server', 'host', 'base'],
  server: ['index', 'executor/inside.ts', 'tasks', 'base'],
  nest: ['index', 'server', 'base'],
  unplugin: ['base'],
  index: ['executor', ...scheduler, 'tasks', 'host', 'base'],
  worker: ['pool', ...worker, 'pool/worker/nested', 'tasks', 'base'],
  executor: [...scheduler, 'pool', ...main, 'tasks', 'host', 'base'],
  'pool/worker/nested': [...worker, 'flow', 'tasks', 'base'],
  ...each(worker, ['pool', ...worker, 'pool/items', 'pool/wire', 'tasks', 'base', 'package-file']),
  // Of the scheduler only its interface to whatever runs jobs.
  ...each(main, [
    'pool',
    ...main,
    'pool/items',
    'pool/wire',
    'scheduler/dispatch/backend.ts',
    'tasks',
    'base',
    'package-file',
  ]),
  'pool/items': ['pool/wire', 'tasks', 'base'],
  'pool/wire': ['tasks', 'base'],
  pool: ['base'],
  ...each(scheduler, [...scheduler, 'tasks', 'base']),
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
    ).toEqual(Array.from({ length: 5 }, () => 'tasks'));
  });

  test('of every part are spoken for', () => {
    expect(files.map(part).filter((name) => !(name in allowed))).toEqual([]);
  });

  test('of piscina are in pool/main/ only', () => {
    const found = outside.filter(({ to }) => to.startsWith('piscina'));
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter(({ from }) => !main.includes(part(from))).map(show)).toEqual([]);
  });

  test('of worker_threads are in pool/, task modules and the inspector’s own thread; elsewhere only its types', () => {
    const found = outside.filter(({ to, typeOnly }) => to === 'node:worker_threads' && !typeOnly);
    expect(found.filter(({ from }) => !/^(?:pool|tasks|inspector)\//.test(from)).map(show)).toEqual([]);
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
