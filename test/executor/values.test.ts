import { Executor, inline, tasks, transferable } from 'millrace';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reasonOf } from '../support/settling.ts';
import { work } from '../support/work.ts';

let executor: Executor;
beforeAll(() => {
  executor = new Executor({ workers: 1, workerData: { from: 'test' }, env: { COLOUR: 'blue' } });
});
afterAll(() => executor.shutdown({ mode: 'kill' }));

describe('a Buffer', () => {
  test('arrives as a Buffer: as an argument, inside of one, as a result and inside of one', async () => {
    expect(await executor.run(work.isBuffer(Buffer.from('abc')))).toBe(true);
    const nested = { a: Buffer.from('a'), list: [Buffer.from('b')] };
    expect(await executor.run(work.areBuffers(nested))).toEqual([true, true]);
    const result = await executor.run(work.buffer('text'));
    expect(Buffer.isBuffer(result) && result.toString()).toBe('text');
    const { list } = await executor.run(work.nestedBuffer('text'));
    expect(Buffer.isBuffer(list[0])).toBe(true);
    expect(String(list[0])).toBe('text');
  });

  test('that is a small part of the pool takes no more than its own bytes with it', async () => {
    expect(await executor.run(work.bytesBehind(Buffer.from('abc')))).toBe(3);
    expect((await executor.run(work.buffer('abc'))).buffer.byteLength).toBe(3);
  });
});

test('a small view of a large memory takes no more than its own bytes with it', async () => {
  const part = new Uint8Array(1_000_000).subarray(5, 10);
  expect(await executor.run(work.bytesBehind(part))).toBe(5);
  expect(await executor.run(work.byteLength(part))).toBe(5);
});

describe('transfer', () => {
  test('moves the memory behind a small view', async () => {
    const part = new Uint8Array(1_000_000).subarray(5, 10);
    expect(await executor.run(work.bytesBehind(part).with({ transfer: [part.buffer] }))).toBe(1_000_000);
  });

  test('moves an argument: it is detached here, and whole there', async () => {
    const buffer = new ArrayBuffer(1000);
    expect(await executor.run(work.byteLength(buffer).with({ transfer: [buffer] }))).toBe(1000);
    expect(buffer.byteLength).toBe(0);
  });

  test('moves a result that the function returned as transferable', async () => {
    const module = 'data:text/javascript,' + encodeURIComponent(moveModule);
    const moving = tasks<{ make(size: number): ArrayBuffer; left(): number }>(module);
    const made = await executor.run(moving.make(500));
    expect(made).toBeInstanceOf(ArrayBuffer);
    expect(made.byteLength).toBe(500);
    expect(await executor.run(moving.left())).toBe(0);
  });

  test('of what cannot move fails that task, and detaches nothing', async () => {
    const buffer = new ArrayBuffer(8);
    const task = work.echo({ buffer, handler: () => {} }).with({ transfer: [buffer] });
    expect(await reasonOf(executor.run(task))).toMatchObject({ name: 'DataCloneError' });
    expect(buffer.byteLength).toBe(8);
  });

  test('a value that is transferable is typed as the value itself', () => {
    expect(transferable(new ArrayBuffer(1), [])).toHaveProperty('value');
  });
});

const moveModule = `
  let last;
  export const make = (size) => {
    last = new ArrayBuffer(size);
    return { value: last, [Symbol.for('millrace.transfers')]: [last] };
  };
  export const left = () => last.byteLength;
`;

describe('what cannot be cloned', () => {
  test('among the arguments is told by its path', async () => {
    const error = await reasonOf(executor.run(work.echo({ handler: { deep: [1, () => {}] } })));
    expect(error).toBeInstanceOf(DOMException);
    expect(error).toMatchObject({ name: 'DataCloneError' });
    expect((error as Error).message).toContain('args[0].handler.deep[1]');
  });

  test('in the result is told by its path, and the thread goes on', async () => {
    const thread = await executor.run(work.thread());
    const error = await reasonOf(executor.run(work.uncloneableResult()));
    expect(error).toMatchObject({ name: 'DataCloneError' });
    expect((error as Error).message).toContain('result.deep.handler');
    expect(await executor.run(work.thread())).toBe(thread);
  });
});

describe('a thread gets', () => {
  test('workerData, env and resource limits', async () => {
    expect(await executor.run(work.data())).toMatchObject({ from: 'test' });
    expect(await executor.run(work.env('COLOUR'))).toBe('blue');
    await using limited = new Executor({ workers: 1, resourceLimits: { maxOldGenerationSizeMb: 77 } });
    expect(await limited.run(work.limits())).toMatchObject({ maxOldGenerationSizeMb: 77 });
  });
});

describe('inline', () => {
  test('runs a function with its arguments, imports included', async () => {
    expect(await executor.run(inline((a: number, b: number) => a + b, 1, 2))).toBe(3);
    // Made from text, or the test runner would put its own function in the place of import().
    const source = 'return import("node:path").then((path) => path.join(first, "b"))';
    const join = inline(new Function('first', source) as (first: string) => Promise<string>, 'a');
    expect(await executor.run(join)).toMatch(/^a.b$/);
  });

  test('explains that it closes over nothing', async () => {
    const outer = 1;
    const error = await reasonOf(executor.run(inline(() => outer)));
    expect(error).toBeInstanceOf(ReferenceError);
    expect((error as Error).message).toMatch(/outer is not defined.*sent as source/);
  });
});

test.each([
  ['an argument', () => work.messageOf(Object.assign(new Error('ok'), { body: Buffer.from('abc') })), 'ok'],
  ['a result', () => work.errorWithBuffer(), { message: 'returned' }],
  ['a Date', () => work.echo([Object.assign(new Date(0), { body: Buffer.from('abc') })]), [new Date(0)]],
])(
  'a Buffer that hangs on %s which cloning drops does no harm',
  async (_, makeTask, expected) => {
    const own = new Executor({ workers: 1 });
    try {
      const result = await own.run(makeTask());
      if (typeof expected === 'string') expect(result).toBe(expected);
      else expect(result).toMatchObject(expected);
    } finally {
      await own.shutdown({ mode: 'kill' });
    }
  },
  5_000,
);
