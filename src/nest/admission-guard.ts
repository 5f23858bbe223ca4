import { SetMetadata } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OverloadGate } from '../server/overload-gate.ts';
import { checkRequestOptions } from '../server/request-options.ts';
import type { RequestOptions } from '../server/request-options.ts';
import { forRoute } from '../server/request-tasks.ts';
import { enter, raw, tasksOf } from './requests.ts';
import type { Wrapped } from './requests.ts';
import { defaultName } from './tokens.ts';

const keyOf = (name: string) => `millrace:admit:${name}`;

/**
 * Decorates a handler or a controller: sets the class and the deadline of its requests, and refuses them while their work would be
 * refused, before pipes and the handler run.
 *
 * @param name the executor's name, if it has one.
 * @throws {InvalidOptionError} for an unknown option or a bad value.
 */
export function Admit(
  options: RequestOptions = {},
  name: string = defaultName,
): MethodDecorator & ClassDecorator {
  return SetMetadata(keyOf(name), checkRequestOptions(options));
}

/** A guard before every handler: only there the route is known. */
export class AdmissionGuard implements CanActivate {
  readonly #gate: OverloadGate;
  readonly #name: string;
  readonly #reflector: Reflector;

  constructor(gate: OverloadGate, name: string, reflector: Reflector) {
    this.#gate = gate;
    this.#name = name;
    this.#reflector = reflector;
  }

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const http = context.switchToHttp();
    const request = raw(http.getRequest<Wrapped<IncomingMessage>>());
    const arrived =
      tasksOf(request, this.#name) ??
      enter(request, this.#name, this.#gate.enter(request, raw(http.getResponse<Wrapped<ServerResponse>>())));
    const targets = [context.getHandler(), context.getClass()];
    const options = this.#reflector.getAllAndOverride<RequestOptions | undefined>(keyOf(this.#name), targets);
    if (options !== undefined) enter(request, this.#name, forRoute(arrived, options)).check();
    return true;
  }
}
