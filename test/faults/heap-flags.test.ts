import { execFile } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { patienceMs } from '../support/patience.ts';

const index = new URL('../../dist/index.js', import.meta.url).href;

interface Flags {
  readonly NODE_OPTIONS?: string;
  readonly flags?: readonly string[];
  readonly first?: string;
}

/** What a process with these flags says when it makes an executor with these options. */
function construct(options: string, { NODE_OPTIONS = '', flags = [], first = '' }: Flags): Promise<string> {
  const source = `
    import { Executor, inline } from '${index}';
    ${first}
    try {
      const executor = new Executor({ workers: 1, ...${options} });
      await executor.run(inline(() => 1));
      console.log('runs');
      await executor.shutdown();
    } catch (error) {
      console.log(error.name, error.option, error.message);
    }`;
  const args = [...flags, '--input-type=module', '--eval', source];
  const env = { ...process.env, NODE_OPTIONS };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env, timeout: patienceMs }, (_, out, err) => resolve(out + err));
  });
}

const old = '{ resourceLimits: { maxOldGenerationSizeMb: 64 } }';
const young = '{ resourceLimits: { maxYoungGenerationSizeMb: 8 } }';

describe('a limit that a flag of the process overrides is refused, with what holds instead', () => {
  test.each<[string, Flags, RegExp]>([
    [
      old,
      { NODE_OPTIONS: '--max-old-space-size=1500' },
      /--max-old-space-size=1500 of NODE_OPTIONS .*maxOldGenerationSizeMb, 64.* 1[5-9]\d\d MiB/,
    ],
    [
      old,
      { NODE_OPTIONS: '--no-warnings "--max_old_space_size=300" --trace-warnings' },
      /--max_old_space_size=300 of NODE_OPTIONS .* [3-6]\d\d MiB/,
    ],
    [old, { NODE_OPTIONS: '--max-old-space-size=32' }, /--max-old-space-size=32 of NODE_OPTIONS/],
    [
      old,
      { flags: ['--max-old-space-size=1500'] },
      /--max-old-space-size=1500 of the command line .* 1[5-9]\d\d MiB/,
    ],
    [
      old,
      { NODE_OPTIONS: String.raw`"--max-old-space-si\ze\=1500"` },
      /--max-old-space-size=1500 of NODE_OPTIONS .* 1[5-9]\d\d MiB/,
    ],
    [old, { flags: ['-max-old-space-size=1500'] }, /-max-old-space-size=1500 of the command line/],
    [
      old,
      { flags: ['--max-old-space-size=64', '--max_old_space_size=1500'] },
      /--max_old_space_size=1500 of the command line .* 1[5-9]\d\d MiB/,
    ],
    [old, { flags: ['--max_heap_size=1500'] }, /--max_heap_size=1500 of the command line .* 1500 MiB/],
    [
      young,
      { NODE_OPTIONS: '--max-semi-space-size=32' },
      /--max-semi-space-size=32 of NODE_OPTIONS .*maxYoungGenerationSizeMb, 8/,
    ],
    [young, { flags: ['--max-semi-space-size=32'] }, /--max-semi-space-size=32 of the command line/],
  ])('%s with %o', async (options, flags, expected) => {
    const out = await construct(options, flags);
    expect(out).toMatch(/^InvalidOptionError resourceLimits resourceLimits can't hold: /);
    expect(out).toMatch(expected);
  });

  test('in the flags of the threads Node refuses it', async () => {
    const options = `{ ...${old}, execArgv: ['--max-old-space-size=1500'] }`;
    expect(await construct(options, {})).toMatch(/^InvalidOptionError execArgv .*max-old-space-size/);
  });
});

describe('a limit that holds is taken', () => {
  test.each<[string, string, Flags]>([
    ['beside a flag for the other limit', old, { NODE_OPTIONS: '--max-semi-space-size=32' }],
    ['beside that for the other one', young, { flags: ['--max-old-space-size=1500'] }],
    ['beside a flag of the same size', old, { NODE_OPTIONS: '--max-old-space-size=64' }],
    [
      'beside flags of which the last has the same size',
      old,
      { NODE_OPTIONS: '--max-old-space-size=1500', flags: ['--max_old_space_size=64'] },
    ],
    [
      'beside the size of stacks, which is not that of threads',
      '{ resourceLimits: { stackSizeMb: 2 } }',
      { flags: ['--stack-size=500'] },
    ],
    [
      'beside a flag in the environment of threads, which has no effect',
      `{ ...${old}, env: { NODE_OPTIONS: '--max-old-space-size=1500' } }`,
      {},
    ],
    [
      'beside options for other processes, set later',
      old,
      { first: `process.env.NODE_OPTIONS = '--max-old-space-size=4096';` },
    ],
    [
      'a limit that v8.setFlagsFromString overrides is taken all the same',
      old,
      { first: `(await import('node:v8')).setFlagsFromString('--max-old-space-size=1500');` },
    ],
    ['where no limit is given', '{}', { NODE_OPTIONS: '--max-old-space-size=1500' }],
  ])('%s', async (_, options, flags) => {
    expect(await construct(options, flags)).toBe('runs\n');
  });
});
