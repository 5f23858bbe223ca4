import { Controller, Get, Inject, Injectable, Module, Post } from '@nestjs/common';
import type { DynamicModule, ExecutionContext, INestApplication, LoggerService, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { inspect } from 'node:util';
import { firstValueFrom } from 'rxjs';
import type { Observable } from 'rxjs';
import { Executor, InvalidOptionError, SaturatedError, TaskTimeoutError } from 'millrace';
import { OverloadGate } from 'millrace/http';
import type { RequestTasks } from 'millrace/http';
import {
  Admit,
  getExecutorToken,
  InjectExecutor,
  Millrace,
  MillraceFilter,
  MillraceModule,
} from 'millrace/nest';
import type { MillraceModuleOptions } from 'millrace/nest';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Gate } from '../support/gate.ts';
import { jsonOf, open, portOf, send, sendForEver, textOf } from '../support/request.ts';
import { rounds } from '../support/settling.ts';
import { work } from '../support/work.ts';

let barrier: Gate;
let app: INestApplication;
let logged: unknown[];
beforeEach(() => {
  barrier = new Gate();
  logged = [];
});
afterEach(async () => {
  barrier.open();
  await app.close();
});

const logger: LoggerService = {
  log: () => {},
  warn: (...words) => logged.push(words),
  error: (...words) => logged.push(words),
};

class Site {
  readonly executor: Executor;

  constructor(executor: Executor) {
    this.executor = executor;
  }

  pass(millrace: RequestTasks): Promise<string> {
    return millrace.run(work.pass(barrier.shared, 'passed'));
  }

  left(millrace: RequestTasks): string {
    return String(millrace.leftMs);
  }

  sheddable(millrace: RequestTasks): string {
    return millrace.class;
  }

  async direct(): Promise<string> {
    const future = this.executor.trySubmit(work.echo('direct'));
    if (future === null) throw new SaturatedError('full', { limit: 1, pending: 1, retryAfterMs: 1500 });
    return future.result();
  }

  bug(): never {
    throw new Error('a bug');
  }
}

// By hand what a compiler makes of decorators.
type Decorators = readonly (MethodDecorator | ((target: object, key: string, index: number) => void))[];
const methods: Partial<Record<keyof Site, Decorators>> = {
  pass: [Get('pass')],
  left: [Post('left'), Admit()],
  sheddable: [Get('sheddable'), Admit({ class: 'sheddable' })],
  direct: [Get('direct')],
  bug: [Get('bug')],
};
for (const [name, decorators] of Object.entries(methods)) {
  for (const decorate of decorators as MethodDecorator[]) {
    decorate(
      Site.prototype,
      name,
      Object.getOwnPropertyDescriptor(Site.prototype, name) as PropertyDescriptor,
    );
  }
  if ((Site.prototype as unknown as Record<string, () => unknown>)[name]?.length === 1)
    Millrace()(Site.prototype, name, 0);
}
Inject(Executor)(Site, undefined, 0);
Controller()(Site);

function moduleWith(...imports: DynamicModule[]): Type {
  class AppModule {}
  Module({ imports, controllers: [Site] })(AppModule);
  return AppModule;
}

const small = { executor: { workers: 1, maxPending: 0 }, closeMs: 5000 } as const;

const adapters = {
  Express: (imported: Type) => NestFactory.create(imported, { logger, abortOnError: false }),
  Fastify: (imported: Type) =>
    NestFactory.create(imported, new FastifyAdapter(), { logger, abortOnError: false }),
};

describe.each(Object.entries(adapters))('over %s', (name, create) => {
  async function start(options: MillraceModuleOptions = small): Promise<number> {
    app = await create(moduleWith(MillraceModule.forRoot(options)));
    await app.listen(0, '127.0.0.1');
    return portOf(app.getHttpServer() as Server);
  }

  async function occupy(port: number): Promise<ReturnType<typeof open>> {
    const occupant = open(port, { path: '/pass' });
    occupant.request.end();
    await barrier.arrivals();
    await rounds();
    return occupant;
  }

  test('a handler has the tasks of its request, and the executor of its application', async () => {
    const port = await start();
    barrier.open();
    expect(textOf(await send(port, '/pass'))).toBe('passed');
    expect(textOf(await send(port, '/direct'))).toBe('direct');
    expect(app.get(OverloadGate).executor).toBe(app.get(Executor));
  });

  test('what is refused is answered with 503 and Retry-After, and not logged', async () => {
    const port = await start();
    const { answer } = await occupy(port);
    const errors = { '/pass': 'ERR_MILLRACE_SATURATED', '/sheddable': 'ERR_MILLRACE_SATURATED' };
    for (const [path, code] of Object.entries({ ...errors, '/direct': 'ERR_MILLRACE_SATURATED' })) {
      const refused = await send(port, path);
      expect(refused.status, path).toBe(503);
      expect(Number(refused.headers['retry-after']), path).toBeGreaterThanOrEqual(1);
      expect(jsonOf(refused), path).toMatchObject({ statusCode: 503, code });
    }
    expect(logged).toEqual([]);
    expect(app.get(OverloadGate).refused).toMatchObject({ normal: 1, sheddable: 1 });
    // Fastify has read the body when a handler is called, or answered 413.
    if (name === 'Express') expect(await sendForEver(port, '/left')).toMatch(/^HTTP\/1.1 503 /);
    barrier.open();
    expect(textOf(await answer)).toBe('passed');
  });

  test('a route says its class; a deadline that is none is 400', async () => {
    const port = await start();
    expect(textOf(await send(port, '/sheddable'))).toBe('sheddable');
    const headers = { 'request-timeout-ms': 'soon' };
    const refused = await send(port, '/left', { body: '', headers });
    expect(refused.status).toBe(400);
    expect(textOf(refused)).toContain('request-timeout-ms');
    expect(logged).toEqual([]);
  });

  test("the client's deadline counts from its arrival, and not from the end of its body", async () => {
    const port = await start();
    const headers = { 'content-type': 'application/json', 'request-timeout-ms': '60000' };
    const { request, answer } = open(port, { path: '/left', method: 'POST', headers });
    request.write('{');
    const came = performance.now();
    while (app.get(OverloadGate).executor.stats().submitted > 0) await rounds(1);
    while (performance.now() - came < 50) await rounds(1);
    request.end('}');
    expect(Number(textOf(await answer))).toBeLessThan(60_000 - 40);
  });

  test('what is no matter of load is Nest’s to answer and to log', async () => {
    const port = await start();
    expect((await send(port, '/bug')).status).toBe(500);
    expect(inspect(logged)).toContain('a bug');
  });

  test('work of a client that has gone is dropped', async () => {
    const port = await start({ executor: { workers: 1, maxPending: 1 } });
    const executor = app.get(Executor);
    await occupy(port);
    const client = open(port, { path: '/pass' });
    client.request.end();
    while (executor.stats().pending < 1) await rounds(1);
    client.request.destroy();
    while (executor.stats().pending > 0) await rounds(1);
    expect(executor.stats()).toMatchObject({ cancelled: 1, running: 1 });
  });

  test('closes: admitted requests are answered, connections do not hold it up, the threads end', async () => {
    const port = await start();
    const executor = app.get(Executor);
    const occupant = open(port, { path: '/pass', headers: { connection: 'keep-alive' } });
    occupant.request.end();
    await barrier.arrivals();
    const closed = app.close();
    while (!app.get(OverloadGate).closing) await rounds(1);
    barrier.open();
    expect(textOf(await occupant.answer)).toBe('passed');
    await closed;
    await expect(executor.run(work.echo(1))).rejects.toMatchObject({ code: 'ERR_MILLRACE_CLOSED' });
  });

  test('connections that stay open are cut when the time is up', async () => {
    const port = await start({ ...small, closeMs: 1 });
    const headers = { 'content-type': 'application/json', 'content-length': '100' };
    const { request, answer } = open(port, { path: '/left', method: 'POST', headers });
    const cut = answer.catch((reason: unknown) => String(reason));
    request.write('{');
    await once(app.getHttpServer() as Server, 'request');
    await app.close();
    expect(await cut).toMatch(/socket hang up|ECONNRESET/);
  });

  test('wrong options fail the start, and leave no thread', async () => {
    const wrong = moduleWith(MillraceModule.forRoot({ executor: { workers: 0 } }));
    await expect(create(wrong)).rejects.toBeInstanceOf(InvalidOptionError);
    app = await create(moduleWith(MillraceModule.forRoot(small)));
  });
});

describe('the module', () => {
  const contextWith = (...imports: (DynamicModule | Type)[]) => {
    class AppModule {}
    Module({ imports })(AppModule);
    return NestFactory.createApplicationContext(AppModule, { logger, abortOnError: false });
  };
  let context: Awaited<ReturnType<typeof contextWith>>;
  beforeEach(async () => {
    app = await adapters.Express(moduleWith(MillraceModule.forRoot(small)));
  });
  afterEach(() => context.close());

  test('works without a server; admitted work is done before the threads end', async () => {
    context = await contextWith(MillraceModule.forRoot({ executor: { workers: 1 } }));
    const future = await context.get(Executor).submit(work.pass(barrier.shared, 'done'));
    await barrier.arrivals();
    const closed = context.close();
    await rounds();
    barrier.open();
    expect(await future.result()).toBe('done');
    await closed;
  });

  test('ends threads that are busy when the time is up', async () => {
    context = await contextWith(MillraceModule.forRoot({ executor: { workers: 1 }, closeMs: 1 }));
    const executor = context.get(Executor);
    const future = await executor.submit(work.pass(barrier.shared, 'never'));
    await barrier.arrivals();
    await context.close();
    expect((await future.outcome()).status).not.toBe('fulfilled');
  });

  test('leaves an executor that it was given', async () => {
    const executor = new Executor({ workers: 1 });
    context = await contextWith(MillraceModule.forRoot({ executor }));
    expect(context.get(Executor)).toBe(executor);
    await context.close();
    expect(await executor.run(work.echo('still there'))).toBe('still there');
    await executor.shutdown();
  });

  test('takes its options from a factory with what it injects', async () => {
    class Settings {
      readonly workers: number = 1;
    }
    class SettingsModule {}
    Module({ providers: [Settings], exports: [Settings] })(SettingsModule);
    context = await contextWith(
      MillraceModule.forRootAsync({
        imports: [SettingsModule],
        inject: [Settings],
        useFactory: async ({ workers }: Settings) => ({ executor: { workers, maxPending: 2 } }),
      }),
    );
    expect(context.get(Executor).capacity).toBe(3);
  });

  test.each(['useClass', 'useExisting'] as const)('takes its options from %s', async (option) => {
    class Options {
      createMillraceOptions() {
        return { executor: { workers: 1 }, deadlineMs: 77 };
      }
    }
    class OptionsModule {}
    Module({ providers: [Options], exports: [Options] })(OptionsModule);
    const imports = option === 'useExisting' ? [OptionsModule] : [];
    context = await contextWith(MillraceModule.forRootAsync({ imports, [option]: Options }));
    expect(context.get(OverloadGate).options.deadlineMs).toBe(77);
  });

  test('has more than one executor, by name; one that is not global is not seen elsewhere', async () => {
    class Service {
      readonly images: Executor;
      constructor(images: Executor) {
        this.images = images;
      }
    }
    InjectExecutor('images')(Service, undefined as never, 0 as never);
    Injectable()(Service);
    class ServiceModule {}
    Module({ providers: [Service] })(ServiceModule);
    const named = MillraceModule.forRoot({ name: 'images', executor: { workers: 1, name: 'images' } });
    context = await contextWith(MillraceModule.forRoot(small), named, ServiceModule);
    expect(context.get(Service).images).toBe(context.get(getExecutorToken('images')));
    expect(context.get(Service).images).not.toBe(context.get(Executor));
    const local = MillraceModule.forRoot({ name: 'images', isGlobal: false, executor: { workers: 1 } });
    await expect(contextWith(local, ServiceModule)).rejects.toThrow(/MillraceExecutor:images/);
  });

  test('refuses a wrong option of a route where it is said', () => {
    expect(() => Admit({ class: 'vip' as never })).toThrow(InvalidOptionError);
    const withoutAny = () => MillraceModule.forRootAsync({});
    expect(withoutAny).toThrow(InvalidOptionError);
    expect(withoutAny).toThrow(/useFactory, useClass or useExisting/);
    context = app;
  });
});

describe('the filter in other contexts', () => {
  const filter = new MillraceFilter({} as never);
  const saturated = new SaturatedError('full', { limit: 1, pending: 1, retryAfterMs: 1500 });
  const hostOf = (type: string, client?: object) =>
    ({ getType: () => type, switchToWs: () => ({ getClient: () => client }) }) as unknown as ExecutionContext;
  beforeEach(async () => {
    app = await adapters.Express(moduleWith(MillraceModule.forRoot(small)));
  });

  test('a microservice answers with an error of the same code', async () => {
    const answer = filter.catch(saturated, hostOf('rpc')) as Observable<never>;
    await expect(firstValueFrom(answer)).rejects.toMatchObject({
      status: 'error',
      code: 'ERR_MILLRACE_SATURATED',
      retryAfterSeconds: expect.any(Number),
    });
  });

  test('a gateway tells its client', () => {
    const told: unknown[] = [];
    const client = { emit: (...args: unknown[]) => told.push(args) };
    const late = new TaskTimeoutError('late', { phase: 'running', timeoutMs: 1 } as never);
    filter.catch(late, hostOf('ws', client));
    expect(told).toEqual([['exception', expect.objectContaining({ status: 'error', statusCode: 503 })]]);
    filter.catch(late, hostOf('ws', {}));
  });

  test('a resolver gets an error with extensions', () => {
    expect(filter.catch(saturated, hostOf('graphql'))).toMatchObject({
      extensions: { code: 'ERR_MILLRACE_SATURATED', statusCode: 503 },
    });
  });
});
