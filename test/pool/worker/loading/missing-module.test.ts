import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { missingModule } from '../../../../src/pool/worker/loading/missing-module.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-missing-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a task module that is missing', () => {
  test.each([
    ['another extension', ['work.mjs', 'main.js'], 'work.mjs'],
    ['the hash of a bundler', ['work-Bx3_9kQz.js', 'worker.js'], 'work-Bx3_9kQz.js'],
    ['several of them', ['work.cjs', 'work.mjs', 'work.test.txt'], 'work.cjs, work.mjs'],
  ])('is told with what is there: %s', (_, files, named) => {
    for (const file of files) writeFileSync(join(folder, file), '');
    const url = pathToFileURL(join(folder, 'work.js')).href;
    expect(missingModule(url)).toBe(
      `there is no module at ${url} (there is ${named}); a bundler that wrote its folder needs the module as an entry`,
    );
  });

  test.each(['file:///no/such/folder/work.js', 'file://host/work.js'])(
    'without anything like it: %s',
    (url) => {
      expect(missingModule(url)).toBe(
        `there is no module at ${url}; a bundler that wrote its folder needs the module as an entry`,
      );
    },
  );
});
