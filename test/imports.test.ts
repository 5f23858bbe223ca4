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

/** A file's part of the house: its folder, or its name if it stands at the top. */
function part(file: string): string {
  const [first = '', second] = file.split('/');
  return second === undefined ? first.replace('.ts', '') : first;
}

/** What each part may import; `type:` only types of it. */
const allowed: Record<string, readonly string[]> = {
  // Of pool/ only a task module, and that by its URL.
  cli: [
    'cli',
    'index',
    'host-load',
    'optional-peer',
    'package-file',
    'tasks/index.ts',
    'tasks/image-options.ts',
    'tasks/digest.ts',
    'flow/buffered.ts',
    'pool/check-task.ts',
    'pool/sizing.ts',
  ],
  server: ['brand', 'server', 'index', 'host-load', 'optional-peer', 'options', 'tasks', 'timer'],
  unplugin: ['unplugin', 'optional-peer'],
  'host-load': [],
  'optional-peer': ['errors', 'package-file'],
  'package-file': [],
  timer: ['options'],
  'on-abort': [],
  index: ['source', 'executor', 'executor-options', 'errors', 'pool', 'scheduler', 'streams', 'tasks'],
  worker: [
    'nested',
    'pool/executor-place.ts',
    'pool/running-task.ts',
    'type:pool/task-cancellation.ts',
    'tasks',
    'errors',
  ],
  nested: [
    'source',
    'on-abort',
    'nested',
    'pool/load-task.ts',
    'pool/task-context.ts',
    'type:pool/nested-calls.ts',
    'flow',
    'tasks',
    'errors',
    'options',
  ],
  executor: [
    'on-abort',
    'brand',
    'source',
    'executor-options',
    'errors',
    'options',
    'pool',
    'scheduler',
    'streams',
    'tasks',
  ],
  'executor-options': ['errors', 'options', 'pool', 'type:scheduler'],
  // Of the scheduler only its interface to whatever runs jobs.
  pool: ['pool', 'errors', 'options', 'package-file', 'tasks', 'type:scheduler/backend.ts'],
  scheduler: ['brand', 'source', 'scheduler', 'errors', 'on-abort', 'options', 'tasks', 'timer'],
  streams: ['streams', 'options'],
  tasks: ['brand', 'tasks', 'errors', 'optional-peer', 'options', 'package-file'],
  // Of pool/ only the number of CPUs, which knows no threads.
  flow: ['source', 'flow', 'errors', 'on-abort', 'options', 'pool/sizing.ts', 'timer'],
  source: ['errors', 'options'],
  options: ['errors', 'on-abort'],
  errors: ['brand'],
  brand: [],
};

function isAllowed({ from, to, typeOnly }: Import): boolean {
  const rules = allowed[part(from)] ?? [];
  return rules.some((rule) => {
    const target = rule.replace('type:', '');
    if (rule.startsWith('type:') && !typeOnly) return false;
    return target.endsWith('.ts') ? to === target : part(to) === target;
  });
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
    expect(imports.filter(({ from }) => from === 'scheduler/backend.ts').map(({ to }) => part(to))).toEqual([
      'tasks',
      'tasks',
    ]);
  });

  test('of every part are spoken for', () => {
    expect(files.map(part).filter((name) => !(name in allowed))).toEqual([]);
  });

  test('of piscina are in pool/ only', () => {
    const found = outside.filter(({ to }) => to.startsWith('piscina'));
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter(({ from }) => part(from) !== 'pool').map(show)).toEqual([]);
  });

  test('of worker_threads are in pool/, task modules and the options of threads; elsewhere only its types', () => {
    const found = outside.filter(({ to, typeOnly }) => to === 'node:worker_threads' && !typeOnly);
    expect(
      found.filter(({ from }) => !['pool', 'tasks', 'executor-options'].includes(part(from))).map(show),
    ).toEqual([]);
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
