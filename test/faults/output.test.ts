import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { patienceMs } from '../support/patience.ts';

const file = (path: string) => new URL(path, import.meta.url).href;
const prelude = `
  import { Executor, tasks } from '${file('../../dist/index.js')}';
  const output = tasks('${file('../fixtures/output.mjs')}');
  const grouped = tasks('${file('../fixtures/grouped.mjs')}');
  const chatty = tasks('${file('../fixtures/chatty.mjs')}');
  const quiet = (promise) => promise.catch(() => {});
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-output-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Printed {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function script(source: string): string {
  const path = join(folder, 'main.mjs');
  writeFileSync(path, prelude + source);
  return path;
}

/** What arrives at a pipe. */
function run(source: string): Promise<Printed> {
  return new Promise((resolve) => {
    const options = { timeout: patienceMs, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(process.execPath, [script(source)], options, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

/** What arrives in a file. */
async function runIntoFile(source: string): Promise<string> {
  const path = join(folder, 'printed');
  const fd = openSync(path, 'w');
  const child = spawn(process.execPath, [script(source)], { stdio: ['ignore', fd, 'inherit'] });
  await once(child, 'exit');
  closeSync(fd);
  return readFileSync(path, 'utf8');
}

const lines = (count: number, prefix = 'L') =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}\n`).join('');

describe('all that a task has printed is printed', () => {
  test('by more threads than Node lets listen to a stream, without a warning', async () => {
    const { stdout, stderr } = await run(`
      const executor = new Executor({ workers: 12 });
      await executor.ready();
      await Promise.all(Array.from({ length: 24 }, () => executor.run(output.say(1))));
      await executor.shutdown();`);
    expect(stdout).toBe('L0\n'.repeat(24));
    expect(stderr).toBe('');
  });

  test.each([1, 1000, 100_000])('%i lines, at the end of a script that shuts nothing down', async (count) => {
    const source = `await new Executor({ workers: 1 }).run(output.say(${count}));`;
    expect((await run(source)).stdout === lines(count)).toBe(true);
    expect((await runIntoFile(source)) === lines(count)).toBe(true);
  });

  test.each(['drain', 'cancel', 'kill'])('after a shutdown that is to %s', async (mode) => {
    const { stdout } = await run(`
      const executor = new Executor({ workers: 1 });
      await executor.run(output.say(1000));
      await executor.shutdown({ mode: '${mode}' });
      console.log('closed');
    `);
    expect(stdout).toBe(`${lines(1000)}closed\n`);
  });

  test('before its future settles, and to the same stream as before', async () => {
    const { stdout, stderr } = await run(`
      const executor = new Executor({ workers: 1 });
      await executor.run(output.say(100));
      console.log('settled');
      await quiet(executor.run(output.sayAndFail(10)));
      console.log('failed');
      await executor.run(output.complain(100));
      console.error('complained');
    `);
    expect(stdout).toBe(`${lines(100)}settled\n${lines(10)}failed\n`);
    expect(stderr).toBe(`${lines(100, 'E')}complained\n`);
  });

  test('when the process exits right after its result', async () => {
    const { stdout, code } = await run(`
      await new Executor({ workers: 1 }).run(output.say(1000));
      process.exit(3);
    `);
    expect(code).toBe(3);
    expect(stdout).toBe(lines(1000));
  });

  test('when the process exits, or fails, while it runs', async () => {
    const source = (end: string) => `
      const executor = new Executor({ workers: 1 });
      const future = await executor.submit(output.sayAndReport(1000));
      for await (const said of future.progress()) { ${end} }
    `;
    expect((await run(source('process.exit()'))).stdout).toBe(lines(1000));
    const failed = await run(source(`throw new Error('mine')`));
    expect(failed.stdout).toBe(lines(1000));
    expect(failed.stderr).toContain('Error: mine');
  });

  test('as far as a pipe has room for it, when the process exits right after', async () => {
    const { stdout } = await run(`
      await new Executor({ workers: 1 }).run(output.say(1, 'x'.repeat(10_000_000)));
      process.exit();
    `);
    expect(stdout).toMatch(/^x{65536}/);
  });

  test('of what the main thread has not heard of when it exits', async () => {
    const { stdout } = await run(`
      const executor = new Executor({ workers: 1 });
      await executor.ready();
      const words = new Int32Array(new SharedArrayBuffer(12));
      executor.run(chatty.talk());
      executor.run(tasks('${file('../fixtures/work.mjs')}').pass(words.buffer));
      setImmediate(() => {
        Atomics.wait(words, 1, 0);
        process.exit();
      });
    `);
    expect(stdout).toBe('top\nsetup\ntask\n');
  });

  test.each([
    ['by process.exit()', 'output.sayAndExit(1000)', ''],
    ['by an uncaught error', 'output.sayAndThrowLater(1000)', ''],
    ['for lack of memory', 'output.sayAndEatMemory(1000)', ''],
    ['by its timeout', 'output.sayAndSpin(1000)', 'timeoutMs: 3000'],
  ])('when its thread ends %s', async (_, task, options) => {
    const { stdout } = await run(`
      const executor = new Executor({ workers: 1, resourceLimits: { maxOldGenerationSizeMb: 40 } });
      await quiet(executor.run(${task}, { ${options} }));
      console.log('told');
    `);
    expect(stdout).toBe(`${lines(1000)}told\n`);
  });

  test('when a shutdown kills its thread', async () => {
    const { stdout } = await run(`
      const executor = new Executor({ workers: 1 });
      const future = await executor.submit(output.sayAndReport(1000));
      for await (const said of future.progress()) break;
      await executor.shutdown({ mode: 'kill' });
    `);
    expect(stdout).toBe(lines(1000));
  });

  test('in threads that are replaced', async () => {
    const { stdout } = await run(`
      const executor = new Executor({ workers: 1, maxTasksPerWorker: 2 });
      for (let left = 4; left > 0; left--) await executor.run(output.say(100));
      await executor.shutdown();
    `);
    expect(stdout).toBe(lines(100).repeat(4));
  });

  test('with its nested tasks, in the order in which they came to it', async () => {
    const { stdout } = await run(`await new Executor({ workers: 1 }).run(output.sayNested(3));`);
    expect(stdout).toBe('down 3\ndown 2\ndown 1\ndown 0\nup 0\nup 1\nup 2\nup 3\n');
  });

  test('later than its end, as long as the process lives', async () => {
    const { stdout } = await run(`
      const executor = new Executor({ workers: 1 });
      await executor.run(output.sayLate());
      await executor.run(output.pause(200));
    `);
    expect(stdout).toBe('late\n');
  });

  test('when the executor is in a thread itself', async () => {
    const { stdout } = await run(`
      import { isMainThread, Worker } from 'node:worker_threads';
      if (isMainThread) new Worker(new URL(import.meta.url));
      else {
        const executor = new Executor({ workers: 1 });
        await executor.run(output.say(1000));
        console.log('settled');
        await executor.run(output.say(1000));
        process.exit();
      }
    `);
    expect(stdout).toBe(`${lines(1000)}settled\n${lines(1000)}`);
  });
});

describe('a thread that is to end', () => {
  const wholeLife = 'top\nsetup\ntask\nteardown\nexit 0\n';

  test('prints what its modules print when they are loaded, set up, torn down, and at its exit', async () => {
    const { stdout } = await run(`
      import { subscribe } from 'node:diagnostics_channel';
      subscribe('millrace:worker:end', ({ exitCode, cause }) => console.log('ended', exitCode, cause));
      const executor = new Executor({ workers: 1 });
      await executor.run(chatty.talk());
      await executor.shutdown();
    `);
    expect(stdout).toBe(`${wholeLife}ended 0 undefined\n`);
  });

  test('because it is replaced calls its listeners, too', async () => {
    const { stdout } = await run(`
      const executor = new Executor({ workers: 1, maxTasksPerWorker: 1 });
      await executor.run(chatty.talk());
      await executor.shutdown();
    `);
    expect(stdout).toBe(wholeLife);
  });

  test('is ended if its listener does not end', async () => {
    const { stdout, stderr } = await run(`
      const executor = new Executor({ workers: 1, teardownTimeoutMs: 100 });
      await executor.run(output.listenForEver());
      await executor.shutdown();
      console.log('closed');
    `);
    expect(stdout).toBe('exit\nclosed\n');
    expect(stderr).toContain('MillraceTeardownWarning: a worker took longer than 100 ms to clean up');
  });

  test('says so if its listener throws', async () => {
    const { stdout, stderr } = await run(`
      const executor = new Executor({ workers: 1 });
      await executor.run(output.listenBadly());
      await executor.shutdown();
      console.log('closed');
    `);
    expect(stdout).toBe('closed\n');
    expect(stderr).toContain('RangeError: in a listener');
  });
});

describe('process.stdout in a task', () => {
  test('takes strings in any encoding, bytes, and callbacks', async () => {
    const { stdout } = await run(`await new Executor({ workers: 1 }).run(output.callbacks());`);
    expect(stdout).toBe('a\nb\nc\nd\n\ufffd\n€😀\n');
  });

  test('goes on for the tasks behind one that has ended, destroyed and corked it', async () => {
    const { stdout, code } = await run(`
      const executor = new Executor({ workers: 1 });
      await executor.run(output.endAll());
      await executor.run(output.say(3));
      await executor.run(output.complain(3));
    `);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `corked\nended\n${lines(3)}` });
  });

  test('has the same encoding for all, whatever one has made its default', async () => {
    const { stdout } = await run(`
      const executor = new Executor({ workers: 1 });
      await executor.run(output.otherEncoding());
      await executor.run(output.say(1));
    `);
    expect(stdout).toBe('text\nL0\n');
  });

  test('is indented by no group that another has left open', async () => {
    const { stdout } = await run(`
      const executor = new Executor({ workers: 1 });
      const all = [output.openGroups(1), output.say(1), output.openGroups(2), output.say(1), output.closeGroups(), output.say(1)];
      await Promise.allSettled(all.map((task) => executor.run(task)));
    `);
    expect(stdout).toBe('open\nL0\nopen\n  open\nL0\nown\n    in two\n  in one\nL0\n');
  });

  test('is indented by no group of a task that has waited for a child', async () => {
    const { stdout } = await run(`
      const executor = new Executor({ workers: 1 });
      await executor.run(output.groupsAfterAChild());
      await executor.run(output.say(1));
    `);
    expect(stdout).toBe('L0\nopen\nL0\n');
  });

  test('is indented by the groups of its module', async () => {
    const { stdout } = await run(`
      const executor = new Executor({ workers: 1 });
      await executor.run(grouped.say());
      await executor.run(grouped.close());
      await executor.run(grouped.say());
    `);
    expect(stdout).toBe('module\n  said\n  said\n');
  });

  test('has a console like any other', async () => {
    const { stdout } = await run(`
      const { consoles } = await import('${file('../fixtures/output.mjs')}');
      await new Executor({ workers: 1 }).run(output.consoles());
      console.log('---');
      consoles();
    `);
    const [there, here] = stdout.split('---\n');
    expect(there).toContain('group');
    expect(there).toBe(here);
  });

  test('tells a writer to wait that is far ahead of the main thread, and when to go on', async () => {
    const { stdout } = await run(`
      const executor = new Executor({ workers: 1 });
      const write = process.stdout.write.bind(process.stdout);
      let length = 0;
      process.stdout.write = (chunk, callback) => {
        length += chunk.length;
        callback?.();
        return true;
      };
      const waited = await executor.run(output.waits(100, 4096));
      await executor.run(output.pour(1024 * 1024));
      await executor.run(output.pour(1024 * 1024));
      write(JSON.stringify([waited > 0, waited < 100, length]));
    `);
    expect(JSON.parse(stdout)).toEqual([true, true, 100 * 4096 + 2 * 1024 * 1024]);
  });

  test('does no harm when the pipe of the process is closed', async () => {
    const path = script(`
      const executor = new Executor({ workers: 1 });
      await executor.run(output.say(10_000));
      await executor.shutdown();
      console.error('closed');
    `);
    const { stdout, stderr, code } = await new Promise<Printed>((resolve) => {
      const shell = `"${process.execPath}" "${path}" | head -n 1`;
      const child = execFile('sh', ['-c', shell], { timeout: patienceMs }, (_, out, err) =>
        resolve({ code: child.exitCode, stdout: out, stderr: err }),
      );
    });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'L0\n', stderr: 'closed\n' });
  });
});
