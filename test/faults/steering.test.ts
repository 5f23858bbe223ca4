import { InvalidOptionError, tasks } from 'millrace';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { testWith } from '../support/executor-test.ts';
import { reasonOf } from '../support/settling.ts';

const test = testWith({ workers: 1 });

const steering = '\x1b[2J\u202e\x9b31m\u200b';
// oxlint-disable-next-line no-control-regex
const unsafe = /[\x1b\x9b\u202e\u200b]/;
const work = tasks<typeof import('../fixtures/steering.mjs')>(
  new URL('../fixtures/steering.mjs', import.meta.url),
);
let warnings: string[];
const noteDown = (warning: Error) => void warnings.push(warning.message);
beforeEach(() => {
  warnings = [];
  process.on('warning', noteDown);
});
afterEach(() => {
  process.off('warning', noteDown);
});

/** The warning with this word in it, once it has come. */
async function warningOf(word: string): Promise<string> {
  for (;;) {
    const found = warnings.find((each) => each.includes(word));
    if (found !== undefined) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('what steers a terminal does not get into a warning, which Node prints as it is:', () => {
  test('a name that a task gives to all objects', async ({ executor }) => {
    await executor.run(work.names());
    expect(await warningOf('named')).toMatch(/\[\]\.named \\x1b\[2J\\u202e\\x9b31m\\u200b/);
    expect(warnings.join()).not.toMatch(unsafe);
  });

  test('an error after its task had ended', async ({ executor }) => {
    await executor.run(work.throwsLater());
    expect(await warningOf('later')).toMatch(/later \\x1b\[2J/);
    expect(warnings.join()).not.toMatch(unsafe);
  });

  test('an error of a teardown()', async ({ executor }) => {
    await executor.run(work.names()).catch(() => {});
    await executor.shutdown();
    expect(await warningOf('torn')).toMatch(/torn \\x1b/);
    expect(warnings.join()).not.toMatch(unsafe);
  });

  test('a label, and a failure that nobody reads', async ({ executor }) => {
    await executor.submit(work.fails(), { label: `label ${steering}` });
    await executor.shutdown();
    expect(await warningOf('label')).toMatch(/label \\x1b/);
    expect(warnings.join()).not.toMatch(unsafe);
  });
});

describe('nor into the message of an error of Millrace:', () => {
  test('a label', async ({ executor }) => {
    const error = await reasonOf(executor.run(work.crashes(), { label: `label ${steering}` }));
    expect(String(error)).toMatch(/label \\x1b\[2J\\u202e/);
    expect(String(error)).not.toMatch(unsafe);
  });

  test('a key on the path to what can’t be cloned', async ({ executor }) => {
    const error = await reasonOf(executor.run(work.returns()));
    expect(error).toMatchObject({ name: 'DataCloneError' });
    expect(String(error)).not.toMatch(unsafe);
  });

  test('the name of a function, and that of an option', async ({ executor, makeExecutor }) => {
    const others = work as unknown as Record<string, typeof work.fails>;
    const missing = await reasonOf(executor.run(others[`none ${steering}`]?.() ?? work.fails()));
    expect(String(missing)).toMatch(/has no function 'none \\x1b/);
    const make = () => makeExecutor({ [`option ${steering}`]: 1 } as object);
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(/'option \\x1b\[2J\\u202e/);
  });
});

test('what a task throws is left as it was', async ({ executor }) => {
  const error = (await reasonOf(executor.run(work.fails()))) as Error;
  expect(error.message).toBe(`failed ${steering}`);
  expect(error.name).toBe(`Name ${steering}`);
});
