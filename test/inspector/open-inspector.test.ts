import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Executor, InvalidOptionError, MillraceError } from 'millrace';
import { openInspector } from 'millrace/inspector';
import type { OpenInspectorOptions } from 'millrace/inspector';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { runScript } from '../support/run-script.ts';
import { work } from '../support/work.ts';
import { ask, Viewer } from './watch.ts';

let executor: Executor;
beforeEach(() => {
  executor = new Executor({ workers: 1 });
});
afterEach(() => executor.shutdown({ mode: 'kill' }));

/** Keeps this thread for so long. */
const block = (ms: number) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

describe('the inspector’s own server', () => {
  test('serves the page and frames, and ends', async () => {
    const server = await openInspector(executor);
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect((await ask(server.url)).status).toBe(200);
    using viewer = await Viewer.open(server.url);
    await executor.run(work.echo(1));
    await viewer.until('frame');
    let hasEnded = false;
    void server.shutdown().then(() => (hasEnded = true));
    await server.shutdown();
    expect(hasEnded).toBe(true);
    await eventually(() => expect(viewer.ended).toBe(true));
    await expect(ask(server.url)).rejects.toThrow(/ECONNREFUSED/);
  });

  test('says that the main thread is silent while it is', async () => {
    await using server = await openInspector(executor);
    using viewer = await Viewer.open(server.url);
    await viewer.until('frame');
    block(2000);
    const { title, level } = await viewer.until<{ title: string; level: string }>('silent');
    expect(title).toMatch(/^The main thread is silent: no sign of life for [1-9]\d*(\.\d)? s$/);
    expect(level).toBe('bad');
    await viewer.until<{ executors: { verdict: { kind: string } }[] }>(
      'frame',
      ({ executors: [only] }) => only?.verdict.kind === 'main-silent',
    );
  });

  test('takes IPv6', async () => {
    await using server = await openInspector(executor, { host: '::1' });
    expect(server.url).toMatch(/^http:\/\/\[::1\]:\d+\/$/);
    expect((await ask(server.url)).status).toBe(200);
  });

  test('does not keep the process alive', async () => {
    const inspector = new URL('../../dist/inspector/index.js', import.meta.url).href;
    const { code, stdout } = await runScript(`
      const { openInspector } = await import('${inspector}');
      const executor = new Executor({ workers: 1 });
      const { url } = await openInspector(executor, { record: 'always' });
      await executor.run(work.echo(1));
      console.log((await fetch(url)).status);`);
    expect([code, stdout]).toEqual([0, '200\n']);
  });

  test('may die, and the executor lives', async () => {
    const inspector = new URL('../../dist/inspector/index.js', import.meta.url).href;
    const { code, stdout, stderr } = await runScript(`
      import { Worker } from 'node:worker_threads';
      import { syncBuiltinESMExports } from 'node:module';
      const threads = [];
      const { emit } = Worker.prototype;
      const { openInspector } = await import('${inspector}');
      const executor = new Executor({ workers: 1 });
      await executor.run(work.echo(1));
      Worker.prototype.emit = function (...args) {
        threads.push(this);
        return emit.apply(this, args);
      };
      const server = await openInspector(executor, { record: 'always' });
      Worker.prototype.emit = emit;
      await threads[0].terminate();
      await new Promise((resolve) => setTimeout(resolve, 400));
      console.log(await executor.run(work.echo('lives')));
      await server.shutdown();`);
    expect([code, stdout]).toEqual([0, 'lives\n']);
    expect(stderr).toMatch(/MillraceInspectorWarning: the inspector at http.* has ended/);
  });
});

describe('the inspector can’t listen:', () => {
  test('the port is in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const refused = openInspector(executor, { port });
    await expect(refused).rejects.toThrow(MillraceError);
    await expect(refused).rejects.toMatchObject({ code: 'ERR_MILLRACE_INSPECTOR' });
    await expect(refused).rejects.toThrow(
      new RegExp(`127\\.0\\.0\\.1, port ${port}: .*EADDRINUSE.*0 takes any that is free`),
    );
    other.close();
    expect(await executor.run(work.echo(1))).toBe(1);
  });

  test('the address is nobody’s', async () => {
    const token = 'a-token-of-some-length';
    await expect(openInspector(executor, { host: '192.0.2.1', token })).rejects.toThrow(/EADDRNOTAVAIL/);
  });

  test.each([
    ['port', { port: -1 }],
    ['port', { port: 65_536 }],
    ['port', { port: 1.5 }],
    ['port', { port: '80' }],
    ['host', { host: '' }],
    ['host', { host: '0.0.0.0' }],
    ['token', { token: 'short' }],
  ])('a bad option: %s %j', async (option, options) => {
    const refused = openInspector(executor, options as OpenInspectorOptions);
    await expect(refused).rejects.toThrow(InvalidOptionError);
    await expect(refused).rejects.toMatchObject({ option });
  });
});
