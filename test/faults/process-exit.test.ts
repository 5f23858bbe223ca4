import { describe, expect, test } from 'vitest';
import { runScript } from '../support/run-script.ts';

describe('a process stays up', () => {
  test('while a crash is on its way, and its thread is replaced', async () => {
    const { code, stdout } = await runScript(`
      const executor = new Executor({ workers: 1 });
      for (let n = 0; n < 3; n++) {
        const error = await executor.run(faults.exitNow(n)).catch((error) => error);
        console.log(error.exitCode);
      }
    `);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '0\n1\n2\n' });
  });

  test('while threads can’t boot, until all that waits has been told', async () => {
    const { code, stdout } = await runScript(`
      const execArgv = ['--import', 'data:text/javascript,throw new Error("boot")'];
      const executor = new Executor({ workers: 2, maxPending: 0, execArgv });
      const told = [1, 2, 3, 4].map((n) => executor.run(work.echo(n)).catch((error) => error.cause.message));
      console.log((await Promise.all(told)).join());
    `);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'boot,boot,boot,boot\n' });
  });

  test('while callers wait for a place, and while a shutdown drains', async () => {
    const { code, stdout } = await runScript(`
      const executor = new Executor({ workers: 1, maxPending: 0 });
      const runs = [1, 2, 3].map((n) => executor.run(work.echo(n)));
      console.log((await Promise.all(runs)).join());
      await executor.submit(work.echo(4));
      await executor.shutdown();
      console.log('closed', executor.stats().fulfilled);
    `);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '1,2,3\nclosed 4\n' });
  });
});

describe('a process exits', () => {
  test('by itself after a crash, with an executor that nobody shut down', async () => {
    const { code, stdout } = await runScript(`
      const executor = new Executor({ workers: 2 });
      await executor.run(faults.exitNow(1)).catch((error) => console.log(error.name));
    `);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'WorkerCrashedError\n' });
  });

  test('at once by process.exit(), with its code, whatever the threads are doing', async () => {
    const { code, stdout } = await runScript(`
      const executor = new Executor({ workers: 2 });
      const future = await executor.submit(work.spin());
      while (future.state !== 'running') await new Promise((resolve) => setImmediate(resolve));
      await executor.submit(work.never());
      process.exit(9);
    `);
    expect({ code, stdout }).toEqual({ code: 9, stdout: '' });
  });

  test('by an uncaught error of its own, with tasks under way', async () => {
    const { code, stderr } = await runScript(`
      const executor = new Executor({ workers: 1 });
      await executor.submit(work.spin());
      setImmediate(() => { throw new Error('mine'); });
    `);
    expect(code).toBe(1);
    expect(stderr).toContain('Error: mine');
  });

  test('with the error of an await using block, after what was admitted has run', async () => {
    // Written as the compiler would write it: Node 20 does not know the syntax.
    const { code, stdout, stderr } = await runScript(`
      const executor = new Executor({ workers: 1 });
      try {
        const future = await executor.submit(work.echo('ran'));
        future.result().then(console.log);
        throw new Error('on the way');
      } finally {
        await executor[Symbol.asyncDispose]();
        console.log('closed');
      }
    `);
    expect({ code, stdout }).toEqual({ code: 1, stdout: 'ran\nclosed\n' });
    expect(stderr).toContain('Error: on the way');
  });
});
