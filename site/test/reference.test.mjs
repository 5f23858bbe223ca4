import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { channelsIn, codesIn, sourceOf } from '../src/generate-pages.mjs';

/* The reference against the built types: every export, every member of what is exported, every code and channel. */

const root = fileURLToPath(new URL('../../', import.meta.url));
const pages = fileURLToPath(new URL('../.generated/reference/', import.meta.url));
const text = readdirSync(pages, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.md'))
  .map((file) => readFileSync(pages + file, 'utf8').replaceAll('\\', ''))
  .join('\n');

const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
const entries = Object.entries(exports).flatMap(([subpath, target]) => {
  const types = typesOf(target);
  return types === undefined ? [] : [[subpath, root + types]];
});

/** The first declaration file that a condition of `exports` leads to. */
function typesOf(target) {
  if (typeof target === 'string') return /\.d\.[cm]?ts$/.test(target) ? target : undefined;
  return Object.values(target)
    .map(typesOf)
    .find((found) => found !== undefined);
}

const program = ts.createProgram(
  entries.map(([, file]) => file),
  {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    skipLibCheck: true,
    strict: true,
  },
);
const checker = program.getTypeChecker();

const word = (name) => new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$')}(?![\\w$])`).test(text);

for (const [subpath, file] of entries) {
  test(`the reference has all of millrace${subpath.slice(1)}`, () => {
    const symbol = checker.getSymbolAtLocation(program.getSourceFile(file));
    const missing = [];
    for (const each of checker.getExportsOfModule(symbol)) {
      if (!word(each.name)) missing.push(each.name);
      for (const member of membersOf(each)) if (!word(member)) missing.push(`${each.name}.${member}`);
    }
    assert.deepEqual(missing, []);
  });
}

/** Public members that this package declares itself, of interfaces and classes. */
function membersOf(exported) {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  if ((symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class)) === 0) return [];
  return [...(symbol.members?.values() ?? [])]
    .filter((member) => /^[a-z]\w*$/i.test(member.name) && !isHidden(member))
    .map(({ name }) => name);
}

function isHidden(member) {
  if (member.getJsDocTags().some(({ name }) => name === 'internal')) return true;
  const flags = member.declarations?.map((each) => ts.getCombinedModifierFlags(each)) ?? [];
  return (
    flags.some((each) => (each & ts.ModifierFlags.Private) !== 0) ||
    (member.flags & ts.SymbolFlags.TypeParameter) !== 0
  );
}

test('there are entries to compare', () => assert.ok(entries.length >= 8));

test('the reference has every error code and channel', () => {
  const source = sourceOf(root);
  const names = [...codesIn(source), ...channelsIn(source)];
  assert.ok(names.length > 20);
  assert.deepEqual(
    names.filter((name) => !text.includes(name)),
    [],
  );
});

test('the sidebar leads to every page of docs/', () => {
  const config = readFileSync(new URL('../.vitepress/config.mjs', import.meta.url), 'utf8');
  const docs = readdirSync(`${root}docs`).filter((file) => file.endsWith('.md'));
  const missing = docs.filter((file) => !config.includes(`'/docs/${file.replace('.md', '')}'`));
  assert.deepEqual(missing, []);
});
