import { EventEmitter } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { Executor } from 'millrace';
import type { ExecutorOptions } from 'millrace';
import { closeServer, HealthCheck, HttpError, OverloadGate, underPressureOptions } from 'millrace/http';
import type { GateOptions, RequestOptions, RequestTasks } from 'millrace/http';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Interrupts } from '../../src/server/interrupts.ts';
import * as Source from '../../src/server/overload-gate.ts';
import { Gate } from '../support/gate.ts';
import { present, reasonOf, rounds } from '../support/settling.ts';
import { work } from '../support/work.ts';

let barrier: Gate;
let executor: Executor;
let gate: OverloadGate;
beforeEach(() => {
  barrier = new Gate();
});
afterEach(async () => {
  barrier.open();
  await executor.shutdown({ mode: 'kill' });
});

function start(options: GateOptions = {}, maxPending = 100, more: ExecutorOptions = {}): void {
  executor = new Executor({ workers: 1, maxPending, ...more });
  gate = new OverloadGate(executor, options);
}

/** As much of a request and its response as the gate looks at. */
class Client {
  readonly request = { headers: {} as IncomingHttpHeaders, socket: { destroyed: false } };
  readonly response = Object.assign(new EventEmitter(), {
    destroyed: false,
    writableEnded: false,
    writableFinished: false,
  });
  readonly tasks: RequestTasks;

  constructor(options: RequestOptions = {}, headers: IncomingHttpHeaders = {}) {
    this.request.headers = headers;
    this.tasks = gate.enter(
      this.request as IncomingMessage,
      this.response as unknown as ServerResponse,
      options,
    );
  }

  leave(): void {
    this.response.destroyed = true;
    this.response.emit('close');
  }
}

const run = (options: RequestOptions = {}, headers: IncomingHttpHeaders = {}) =>
  new Client(options, headers).tasks;

/** Keeps the only worker busy until the barrier opens. */
async function occupy(): Promise<{ readonly done: Promise<unknown> }> {
  const done = executor.run(work.pass(barrier.shared));
  done.catch(() => {});
  await barrier.arrivals();
  await rounds();
  return { done };
}

/** Lets the executor learn that calls of `slow` take about so long. */
async function teachSlow(ms: number): Promise<void> {
  for (let left = 3; left > 0; left--) await executor.run(work.sleep(ms));
}

async function refused(promise: Promise<unknown>): Promise<HttpError> {
  const error = await reasonOf(promise);
  expect(error).toBeInstanceOf(HttpError);
  return error as HttpError;
}

describe('a deadline', () => {
  test('refuses at once what is predicted to wait longer, with Retry-After', async () => {
    start({ deadlineMs: 3000 });
    await teachSlow(40);
    await occupy();
    // 4 s of work, and more if the machine is slow: whatever the running task has done, it does not fit.
    const queued = Array.from({ length: 100 }, () => executor.run(work.sleep(40)));
    for (const each of queued) each.catch(() => {});
    const { submitted } = executor.stats();
    const late = run();
    expect(() => late.check()).toThrow(HttpError);
    const error = await refused(late.run(work.sleep(40)));
    expect(error).toMatchObject({ statusCode: 503, code: 'ERR_MILLRACE_SATURATED' });
    expect(Number(error.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(executor.stats().submitted, 'what is refused so never reaches the executor').toBe(submitted);
  });

  test('admits no more than fits into it', async () => {
    start({ deadlineMs: 200 });
    await teachSlow(40);
    await occupy();
    const all = Array.from({ length: 20 }, () => run().run(work.sleep(40)));
    for (const each of all) each.catch(() => {});
    expect(executor.stats().pending).toBeLessThanOrEqual(5);
  });

  test('drops what waits when it passes, and the task never runs', async () => {
    start({ deadlineMs: 20 });
    const busy = await occupy();
    const error = await refused(run().run(work.count(barrier.shared)));
    expect(error).toMatchObject({ statusCode: 503, code: 'ERR_MILLRACE_TIMEOUT' });
    expect(error.headers).toHaveProperty('retry-after');
    barrier.open();
    await busy.done;
    await executor.shutdown();
    expect(barrier.count).toBe(0);
  });

  test('of the client can only shorten that of the server', async () => {
    start({ deadlineMs: 1000 });
    expect(run({}, { 'request-timeout-ms': '50' }).leftMs).toBeLessThanOrEqual(50);
    expect(run({}, { 'request-timeout-ms': '999999999' }).leftMs).toBeCloseTo(1000);
    expect(run({ deadlineMs: 10 }, { 'request-timeout-ms': '50' }).leftMs).toBeCloseTo(10);
    expect(await refused(run({}, { 'request-timeout-ms': 'soon' }).run(work.echo(1)))).toMatchObject({
      statusCode: 400,
    });
  });

  test("of the task's own holds if it is shorter", async () => {
    start({ deadlineMs: 60_000 });
    const busy = await occupy();
    const late = work.echo(1).with({ deadlineMs: 10 });
    expect(await refused(run().run(late))).toMatchObject({ code: 'ERR_MILLRACE_TIMEOUT' });
    expect(await refused(run({ deadlineMs: 10 }).run(late.with({ deadlineMs: 60_000 })))).toMatchObject({
      code: 'ERR_MILLRACE_TIMEOUT',
    });
    barrier.open();
    await busy.done;
  });

  test('that passes in a queue: Retry-After tells how long that is', async () => {
    start({ deadlineMs: 60_000 });
    await teachSlow(20);
    await occupy();
    const queued = Array.from({ length: 100 }, () => executor.run(work.sleep(20)));
    for (const each of queued) each.catch(() => {});
    const late = run();
    vi.spyOn(late, 'leftMs', 'get').mockReturnValue(0);
    const { headers } = await refused(late.run(work.echo(1)));
    expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(2);
  });

  test('that has passed refuses without asking the executor', async () => {
    start({ deadlineHeader: 'wait' });
    const tasks = run({}, { wait: '1' });
    while (tasks.leftMs > 0);
    expect(await refused(tasks.run(work.echo(1)))).toMatchObject({ statusCode: 503 });
    expect(executor.stats().submitted).toBe(0);
  });

  test('shorter than a run refuses nothing while a worker is idle: the forecast may be wrong', async () => {
    start({ deadlineMs: 60_000 });
    const forecast = vi.spyOn(executor, 'forecast');
    forecast.mockReturnValue({ waitMs: 0, runMs: 120_000, unsettled: 0 });
    const tasks = run();
    tasks.check();
    expect(await tasks.run(work.sleep(0))).toBe(0);
  });
});

test.each([
  [{ priority: '5' }, "priority must be an integer, not '5'"],
  [{ deadlineMs: Number.NaN }, 'deadlineMs must be a number of milliseconds'],
  [{ urgent: true }, "unknown task option 'urgent'"],
  [null, 'options must be an object, not null'],
])('bad options of a task are refused with the value: %j', async (options, message) => {
  start();
  const refusal = run().run(work.echo(1), options as never);
  await expect(refusal).rejects.toMatchObject({ code: 'ERR_MILLRACE_INVALID_OPTION' });
  await expect(refusal).rejects.toThrow(message);
  expect(executor.stats().submitted).toBe(0);
});

describe('classes', () => {
  test('when no place is free, the newest of the lowest class gives way', async () => {
    start({}, 3);
    const busy = await occupy();
    const settled: string[] = [];
    const note = (name: string, promise: Promise<unknown>) =>
      promise.then(
        () => settled.push(name),
        (error: HttpError) => settled.push(`${name} ${error.statusCode} ${error.code}`),
      );
    const submit = (name: string, cls: 'critical' | 'normal' | 'sheddable') =>
      note(name, run({ class: cls }).run(work.echo(name)));
    const all = [submit('s1', 'sheddable'), submit('s2', 'sheddable'), submit('n1', 'normal')];
    run({ class: 'critical' }).check();
    expect(() => run({ class: 'sheddable' }).check()).toThrow(HttpError);
    all.push(submit('c1', 'critical'), submit('n2', 'normal'));
    await rounds();
    expect(settled).toEqual(['s2 503 ERR_MILLRACE_SATURATED', 's1 503 ERR_MILLRACE_SATURATED']);
    all.push(submit('n3', 'normal'), submit('c2', 'critical'));
    await rounds();
    expect(settled.slice(2)).toEqual(['n3 503 ERR_MILLRACE_SATURATED', 'n2 503 ERR_MILLRACE_SATURATED']);
    barrier.open();
    await Promise.all([...all, busy.done]);
    expect(settled.slice(4)).toEqual(['c1', 'c2', 'n1']);
  });

  test('bytes: the lower give way as far as it takes, and none if the room would still not be enough', async () => {
    start({}, 20, { maxPendingBytes: 1000 });
    const busy = await occupy();
    const settled: string[] = [];
    const submit = (name: string, cls: 'critical' | 'normal' | 'sheddable', bytes: number) =>
      run({ class: cls })
        .run(work.byteLength(Buffer.alloc(bytes)))
        .then(
          () => settled.push(name),
          ({ statusCode }: HttpError) => settled.push(`${name} ${statusCode}`),
        );
    const all = [submit('c', 'critical', 100)];
    for (const name of ['s1', 's2', 's3']) all.push(submit(name, 'sheddable', 300));
    await rounds();
    expect(settled).toEqual([]);
    all.push(submit('too large', 'critical', 1001), submit('too much', 'critical', 950));
    await rounds();
    expect(settled).toEqual(['too large 503', 'too much 503']);
    all.push(submit('n', 'normal', 500));
    await rounds();
    expect(settled.slice(2)).toEqual(['s3 503', 's2 503']);
    barrier.open();
    await Promise.all([...all, busy.done]);
    expect(settled.slice(4)).toEqual(['c', 'n', 's1']);
  });

  test('nobody gives way to a request while callers wait for a place: it would be theirs', async () => {
    start({}, 1);
    const busy = await occupy();
    const shed = run({ class: 'sheddable' }).run(work.echo('kept'));
    const caller = executor.run(work.echo('waited'));
    await refused(run({ class: 'critical' }).run(work.echo('refused')));
    barrier.open();
    expect(await Promise.all([shed, caller])).toEqual(['kept', 'waited']);
    await busy.done;
  });

  test('the wait of one is not predicted from those below it', async () => {
    start({ deadlineMs: 1000 });
    await teachSlow(50);
    await occupy();
    const flood = Array.from({ length: 50 }, () => run({ class: 'sheddable' }).run(work.sleep(50)));
    for (const each of flood) each.catch(() => {});
    await refused(flood.at(-1) as Promise<unknown>);
    const critical = run({ class: 'critical' });
    critical.check();
    barrier.open();
    expect(await critical.run(work.echo('served'))).toBe('served');
    await Promise.allSettled(flood);
  });
});

describe('a client that goes away', () => {
  test('takes its queued work along, and what runs goes on', async () => {
    start();
    const client = new Client();
    const running = client.tasks.run(work.pass(barrier.shared, 'ran'));
    await barrier.arrivals();
    await rounds();
    const queued = client.tasks.run(work.count(barrier.shared));
    client.leave();
    expect(await refused(queued)).toMatchObject({ statusCode: 499 });
    expect(executor.stats()).toMatchObject({ pending: 0, running: 1 });
    barrier.open();
    expect(await running).toBe('ran');
    expect(barrier.count).toBe(0);
  });

  test("'running' also cancels what runs, and no thread is ended", async () => {
    start({ onDisconnect: 'running' });
    const client = new Client();
    const running = client.tasks.run(work.pass(barrier.shared));
    await barrier.arrivals();
    await rounds();
    client.leave();
    expect(await refused(running)).toMatchObject({ statusCode: 499 });
    const thread = executor.run(work.thread());
    barrier.open();
    expect(await thread).toBe(await executor.run(work.thread()));
  });

  test.each(['disconnects', 'waits longer than its deadline'])(
    "'interrupt' has the thread ended, within the bound, of a client that %s",
    async (how) => {
      start({}, 100, { interruptGraceMs: 1 });
      // Of the sources, and not of the package: what ends the threads is not public.
      gate = new Source.OverloadGate(executor, { onDisconnect: 'interrupt' });
      const before = await executor.run(work.thread());
      const keptBack = vi.spyOn(Interrupts.prototype, 'end').mockImplementation(() => {});
      const disconnects = how === 'disconnects';
      while (barrier.arrived === 0) {
        const client = new Client(disconnects ? {} : { deadlineMs: 300 });
        const over = refused(client.tasks.run(work.pass(barrier.shared)));
        if (disconnects) {
          await barrier.arrivals();
          await rounds();
          client.leave();
        }
        expect((await over).statusCode).toBe(disconnects ? 499 : 503);
      }
      // What else could end the thread would be due before this.
      await reasonOf(executor.run(work.echo(1), { deadlineMs: 50 }));
      const [future] = keptBack.mock.lastCall ?? [];
      expect(future?.holdsThread).toBe(true);
      const interrupts = keptBack.mock.contexts[0] as Interrupts;
      keptBack.mockRestore();
      interrupts.end(present(future));
      expect(await executor.run(work.thread())).not.toBe(before);
      expect(future?.holdsThread).toBe(false);
    },
  );

  test('before it handed anything in is refused without a task', async () => {
    start();
    const client = new Client();
    client.request.socket.destroyed = true;
    expect(await refused(client.tasks.run(work.echo(1)))).toMatchObject({ statusCode: 499 });
    expect(executor.stats().submitted).toBe(0);
  });

  test('is not one that has its answer', async () => {
    start();
    const client = new Client();
    const running = client.tasks.run(work.pass(barrier.shared, 'ran'));
    client.response.writableEnded = true;
    client.response.writableFinished = true;
    client.leave();
    barrier.open();
    expect(await running).toBe('ran');
  });
});

describe('close', () => {
  test('refuses what comes, and waits for what was admitted', async () => {
    start();
    const busy = await occupy();
    const admitted = run().run(work.echo('admitted'));
    const closed = gate.close();
    expect(await refused(run().run(work.echo(1)))).toMatchObject({
      statusCode: 503,
      code: 'ERR_MILLRACE_CLOSED',
    });
    barrier.open();
    expect(await admitted).toBe('admitted');
    await busy.done;
    await closed;
    await gate.close();
  });

  test('cancels at once what cannot begin in time, and the rest when the time is up', async () => {
    start({ closeMs: 1500, deadlineMs: 600_000 });
    const passable = new Gate();
    passable.open();
    await executor.run(work.pass(passable.shared));
    await executor.run(work.echo(1));
    await executor.run(work.sleep(1600));
    const busy = refused(run({ class: 'critical' }).run(work.pass(barrier.shared)));
    await barrier.arrivals();
    await rounds();
    const [soon, unreachable] = [refused(run().run(work.echo(1))), refused(run().run(work.sleep(1600)))];
    const closed = gate.close();
    expect(await unreachable).toMatchObject({ statusCode: 503, headers: { connection: 'close' } });
    expect(executor.stats()).toMatchObject({ pending: 1, running: 1 });
    expect(await soon).toMatchObject({ statusCode: 503 });
    expect(await busy).toMatchObject({ statusCode: 503 });
    await closed;
  });
});

describe('what is no gate, no executor or no server is told apart at once, with the value', () => {
  test.each<[string, () => unknown, string]>([
    ['executor', () => new OverloadGate({} as never, {}), 'executor must be an Executor, not {}'],
    ['nothing', () => new OverloadGate(undefined as never), 'executor must be an Executor, not undefined'],
    ['options', () => new OverloadGate(executor, null as never), 'options must be an object, not null'],
    [
      'deadline',
      () => new OverloadGate(executor, { deadlineMs: Number.NaN }),
      'deadlineMs must be a number of milliseconds from 1 to 2147483647, not NaN',
    ],
    [
      'header',
      () => new OverloadGate(executor, { deadlineHeader: 'a b' }),
      "deadlineHeader must be the name of a header, or false, not 'a b'",
    ],
    [
      'policy',
      () => new OverloadGate(executor, { onDisconnect: 'never' as never }),
      "onDisconnect must be one of 'queued', 'running', 'interrupt', not 'never'",
    ],
    ['class', () => run({ class: 'urgent' as never }), "not 'urgent'"],
    ['health', () => new HealthCheck({} as never), 'gate must be an OverloadGate, not {}'],
    ['pressure', () => underPressureOptions(null as never), 'gate must be an OverloadGate, not null'],
  ])('%s', (_, make, message) => {
    start();
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_MILLRACE_INVALID_OPTION' }));
    expect(make).toThrow(message);
  });

  test('closeServer', async () => {
    start();
    await expect(closeServer({} as never, {} as never)).rejects.toThrow(
      'gate must be an OverloadGate, not {}',
    );
    await expect(closeServer(undefined as never, gate)).rejects.toThrow('server must be a node:http Server');
  });
});
