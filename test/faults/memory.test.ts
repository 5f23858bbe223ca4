import { describe, expect, test } from 'vitest';
import { runScript } from '../support/run-script.ts';

/** Runs one function of the fixture in a process of its own, in a thread with 32 MiB of heap, and then something harmless. */
async function fill(name: string): Promise<string> {
  const { stdout, stderr } = await runScript(`
    const memory = tasks(new URL('../fixtures/memory.mjs', '${import.meta.url}'));
    const executor = new Executor({ workers: 1, resourceLimits: { maxOldGenerationSizeMb: 32 } });
    const outcome = await (await executor.submit(memory.${name}())).outcome();
    const { value, reason } = outcome;
    console.log(reason === undefined ? 'returns ' + value : [reason.name, reason.cause?.code ?? reason.message].join(' '));
    console.log(await executor.run(work.echo('goes on')));
    await executor.shutdown();
  `);
  return /FATAL ERROR: .*heap out of memory/.test(stderr) ? 'the process has ended' : stdout;
}

const threadEnds = 'WorkerCrashedError ERR_WORKER_OUT_OF_MEMORY\ngoes on\n';
const processEnds = 'the process has ended';

describe('a heap that is full ends the thread, if what is asked for is small:', () => {
  test.each([
    ['ever more objects', 'objects'],
    ['ever more strings', 'strings'],
    ['ever more closures', 'closures'],
    ['ever more views of 32 bytes', 'smallViews'],
  ])('%s', async (_, name) => {
    expect(await fill(name)).toBe(threadEnds);
  });
});

describe('it ends the thread or the whole process, as the version of Node and the moment have it, if that is large:', () => {
  test.each([
    ['an array that grows by one number at a time', 'numbers'],
    ['a Map that grows', 'map'],
    ['ever more large integers', 'bigints'],
    ['a Set that grows', 'set'],
    ['an object that gets ever more properties', 'properties'],
    ['a large array from split()', 'split'],
    ['a large value from JSON.parse()', 'parsed'],
  ])('%s', async (_, name) => {
    expect([threadEnds, processEnds]).toContain(await fill(name));
  });

  test('a large array that is filled: always the process', async () => {
    expect(await fill('filled')).toBe(processEnds);
  });
});

describe('outside the heap nothing is limited:', () => {
  test.each([
    ['Buffers and typed arrays', 'buffers'],
    ['shared memory', 'shared'],
    ['the memory of WebAssembly', 'wasm'],
  ])('%s', async (_, name) => {
    expect(await fill(name)).toBe('returns 200\ngoes on\n');
  });
});

describe('what is too much for one thing is an error of the task:', () => {
  test.each([
    ['recursion without end', 'recursion', 'Maximum call stack size exceeded'],
    ['a string beyond the longest', 'longString', 'Invalid string length'],
  ])('%s', async (_, name, message) => {
    expect(await fill(name)).toBe(`RangeError ${message}\ngoes on\n`);
  });
});
