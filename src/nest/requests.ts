import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { MillraceError } from '../index.ts';
import type { OverloadGate } from '../server/overload-gate.ts';
import type { RequestTasks } from '../server/request-tasks.ts';
import { defaultName } from './tokens.ts';

/** A request or response as a framework gives it to handlers: Node's own object, or a wrapper of it (Fastify). */
export type Wrapped<T> = T | { readonly raw: T };

/** The tasks of each request, by executor name. */
const entered = new WeakMap<IncomingMessage, Map<string, RequestTasks>>();

/** Returns Node's own object. */
export function raw<T extends object>(wrapped: Wrapped<T>): T {
  return 'raw' in wrapped ? wrapped.raw : wrapped;
}

/** The tasks of a request; undefined before the request has entered this gate. */
export function tasksOf(request: IncomingMessage, name: string): RequestTasks | undefined {
  return entered.get(request)?.get(name);
}

export function enter(request: IncomingMessage, name: string, tasks: RequestTasks): RequestTasks {
  const byName = entered.get(request) ?? new Map<string, RequestTasks>();
  entered.set(request, byName.set(name, tasks));
  return tasks;
}

type Next = () => void;
type Arrive = (request: Wrapped<IncomingMessage>, response: Wrapped<ServerResponse>, next: Next) => void;

interface FastifyLike {
  addHook(name: 'onRequest', hook: Arrive): unknown;
}

type AnyAdapter = NonNullable<HttpAdapterHost['httpAdapter']>;

/**
 * Makes each request enter the gate when it arrives, before its body is read: the client's deadline counts from there. Does not
 * work in a testing module, whose adapter comes later; there a request enters when its route is known.
 */
export function watchArrivals(adapter: AnyAdapter | undefined, gate: OverloadGate, name: string): void {
  const arrive: Arrive = (request, response, next) => {
    enter(raw(request), name, gate.enter(raw(request), raw(response)));
    next();
  };
  const type = adapter?.getType();
  if (type === 'express') adapter?.use(arrive);
  if (type === 'fastify') adapter?.getInstance<FastifyLike>().addHook('onRequest', arrive);
}

/** The third argument of a GraphQL resolver, which holds the request. */
interface GraphQLContext {
  readonly req?: Wrapped<IncomingMessage>;
  readonly request?: Wrapped<IncomingMessage>;
  readonly reply?: { readonly request: Wrapped<IncomingMessage> };
}

function requestOf(context: ExecutionContext): IncomingMessage | undefined {
  const type: string = context.getType();
  if (type === 'http') return raw(context.switchToHttp().getRequest<Wrapped<IncomingMessage>>());
  if (type !== 'graphql') return undefined;
  const { req, request, reply } = context.getArgByIndex<GraphQLContext | undefined>(2) ?? {};
  const wrapped = req ?? request ?? reply?.request;
  return wrapped === undefined ? undefined : raw(wrapped);
}

/**
 * Injects the `RequestTasks` of the request (see `millrace/http`): they refuse tasks that can't end in time, and cancel tasks when
 * the client goes. Decorates a parameter of a handler or of a GraphQL resolver; elsewhere (microservices, gateways) inject the
 * executor.
 *
 * ```ts
 * \@Post('login')
 * login(\@Millrace() millrace: RequestTasks, \@Body() body: Login) {
 *   return millrace.run(passwords.verify(body.password, hash));
 * }
 * ```
 * @param name the executor's name, if it has one.
 */
export const Millrace: (name?: string) => ParameterDecorator = createParamDecorator(
  (name: string | undefined, context: ExecutionContext): RequestTasks => {
    const request = requestOf(context);
    const tasks = request && tasksOf(request, name ?? defaultName);
    if (tasks !== undefined) return tasks;
    const executor = name === undefined ? 'MillraceModule' : `MillraceModule with the name '${name}'`;
    const message = `@Millrace() works only in handlers of HTTP requests, in an application that imports ${executor}`;
    throw new MillraceError('ERR_MILLRACE_NO_REQUEST', message);
  },
);
