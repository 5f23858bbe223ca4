import { tasks, transferable } from 'millrace';
import { describe, expect } from 'vitest';
import { testWith } from '../support/executor-test.ts';
import { reasonOf } from '../support/settling.ts';

const test = testWith({ workers: 1 });
const movable = tasks<typeof import('../fixtures/movable.mjs')>(
  new URL('../fixtures/movable.mjs', import.meta.url),
);
const cloneError = (text: string) => ({
  name: 'DataCloneError',
  message: expect.stringContaining(text) as string,
});

describe('transferable() that is not a whole result', () => {
  test('is refused as an argument', async ({ executor }) => {
    const bytes = new Uint8Array(4);
    const task = movable.echo(transferable(bytes, [bytes.buffer]));
    expect(await reasonOf(executor.run(task))).toMatchObject(cloneError('args[0]'));
    expect(bytes.byteLength).toBe(4);
  });

  test('is refused as an argument of a child task', async ({ executor }) => {
    expect(await reasonOf(executor.run(movable.passes()))).toMatchObject(cloneError('args[0]'));
  });

  test('is refused within a result', async ({ executor }) => {
    expect(await reasonOf(executor.run(movable.within()))).toMatchObject(cloneError('result[0]'));
  });

  test('has a list', async ({ executor }) => {
    const error = { name: 'InvalidOptionError', message: expect.stringContaining('not 5') as string };
    expect(await reasonOf(executor.run(movable.badList()))).toMatchObject(error);
    expect(() => transferable(1, 5 as never)).toThrow(expect.objectContaining(error) as Error);
  });
});

describe('a detached buffer that is to move', () => {
  test('fails its task, and not the thread: a result', async ({ executor }) => {
    expect(await executor.run(movable.gone())).toHaveLength(8);
    const ends = await Promise.allSettled(
      [1, 2, 3].map((n) => executor.run(n === 2 ? movable.gone() : movable.echo(n))),
    );
    expect(ends).toMatchObject([
      { status: 'fulfilled', value: 1 },
      { reason: cloneError('result') },
      { status: 'fulfilled', value: 3 },
    ]);
  });

  test('fails its task, and not the thread: an item', async ({ executor }) => {
    const items = executor.iterate(movable.yieldsGone());
    expect((await items.next()).value).toHaveLength(8);
    expect(await reasonOf(items.next())).toMatchObject(cloneError('detached'));
  });

  test('fails its task, and not the thread: of a child task', async ({ executor }) => {
    expect(await reasonOf(executor.run(movable.passesGone()))).toMatchObject(cloneError('detached'));
  });

  test('fails its task, and not the thread: an argument', async ({ executor }) => {
    const { buffer } = new Uint8Array(8);
    expect(await executor.run(movable.length(buffer), { transfer: [buffer] })).toBe(8);
    const again = executor.run(movable.echo(1), { transfer: [buffer] });
    expect(await reasonOf(again)).toMatchObject(cloneError('detached'));
  });
});
