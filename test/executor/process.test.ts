import { expect, test } from 'vitest';
import { runScript } from '../support/run-script.ts';

test('a process with an idle executor exits by itself', async () => {
  const { code, stdout } = await runScript(`
    const executor = new Executor({ workers: 2 });
    console.log(await executor.run(work.add(1, 2)));
  `);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '3\n' });
});

test('a process with an executor that was never used exits by itself', async () => {
  expect(await runScript('new Executor({ workers: 2 });')).toMatchObject({ code: 0, stderr: '' });
});

test('a process does not exit while there is work, also when nobody awaits it', async () => {
  const { code, stdout } = await runScript(`
    const executor = new Executor({ workers: 1, maxPending: 1 });
    for (let n = 0; n < 5; n++) {
      executor.submit(work.add(n, 0)).then((future) => future.result()).then((sum) => console.log(sum));
    }
  `);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '0\n1\n2\n3\n4\n' });
});

test('failed futures that wait in an array cause no unhandled rejection, and can still be read', async () => {
  const { code, stdout, stderr } = await runScript(`
    const executor = new Executor({ workers: 1 });
    const futures = [];
    for (let n = 0; n < 3; n++) futures.push(await executor.submit(work.reject('no ' + n)));
    await executor.run(work.echo(1));
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (const future of futures) console.log((await future.outcome()).reason);
    await executor.shutdown();
  `);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'no 0\nno 1\nno 2\n', stderr: '' });
});

test('a failure that nobody ever read is reported once: when it is collected', async () => {
  const { code, stdout } = await runScript(
    `
    const onUnobservedError = (future) => console.log('unobserved', future.id, future.state, future.task.name);
    const executor = new Executor({ workers: 1, onUnobservedError });
    await (async () => {
      await executor.submit(work.reject('no'));
      (await executor.submit(work.reject('read'))).result().catch(() => {});
      (await executor.submit(work.echo('fine')));
      await executor.run(work.echo(1));
    })();
    for (let left = 20; left > 0; left--) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    console.log('shutdown');
    await executor.shutdown();
  `,
    '--expose-gc',
  );
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'unobserved 1 rejected reject\nshutdown\n' });
});

test('or when the executor has shut down, by default as a warning', async () => {
  const { code, stderr } = await runScript(`
    const executor = new Executor({ workers: 1 });
    globalThis.kept = await executor.submit(work.reject(new TypeError('no one cares')));
    await executor.shutdown();
  `);
  expect(code).toBe(0);
  expect(stderr.match(/MillraceUnobservedError/g)).toHaveLength(1);
  expect(stderr).toContain('no one cares');
});

test('bad options leave no thread behind', async () => {
  const { code, stdout } = await runScript(`
    try { new Executor({ workers: 2, maxPending: NaN }); } catch (error) { console.log(error.option); }
  `);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'maxPending\n' });
});

test('a deadline in an otherwise idle process is kept', async () => {
  const { code, stdout } = await runScript(`
    const executor = new Executor({ workers: 1, interruptGraceMs: 1 });
    const error = await executor.run(work.spin(), { timeoutMs: 20 }).catch((error) => error);
    console.log(error.name);
  `);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'TaskTimeoutError\n' });
});

test('a task that never ends but was cancelled does not keep the loop from ending the executor', async () => {
  const { code, stdout } = await runScript(`
    const executor = new Executor({ workers: 1 });
    const future = await executor.submit(work.never());
    setImmediate(() => future.cancel());
    console.log((await future.outcome()).status);
    await executor.shutdown({ mode: 'kill' });
    console.log('closed');
  `);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'cancelled\nclosed\n' });
});
