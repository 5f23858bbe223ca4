import { Catch } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { throwError } from 'rxjs';
import { ExecutorClosedError, SaturatedError, TaskTimeoutError } from '../index.ts';
import { cutOff } from '../server/cut-off.ts';
import { HttpError, sayable, toHttpError } from '../server/http-error.ts';
import { raw } from './requests.ts';
import type { Wrapped } from './requests.ts';

/**
 * Answers errors about load: over HTTP with the status and headers of `toHttpError()`; in a microservice, a gateway or a GraphQL
 * resolver with an error of the same `code`. Logs nothing: under overload a line for each refusal, with its stack, would cost more
 * than the refusal. `OverloadGate.refused` counts refusals.
 *
 * `MillraceModule` binds this filter for the whole application. A global filter of your own that catches everything runs before it:
 * let that filter hand on errors about load (`toHttpError(exception) !== null`).
 */
export class MillraceFilter implements ExceptionFilter<Error> {
  readonly #host: HttpAdapterHost;

  constructor(host: HttpAdapterHost) {
    this.#host = host;
  }

  catch(exception: Error, host: ArgumentsHost): unknown {
    const known = toHttpError(exception);
    if (known === null) throw exception;
    const type: string = host.getType();
    if (type === 'http') return this.#answer(known, host);
    const told = { status: 'error', ...known.toJSON(), ...retryAfterOf(known) };
    if (type === 'rpc') return throwError(() => told);
    if (type !== 'ws') return Object.assign(known, { extensions: told });
    host.switchToWs().getClient<{ emit?(event: string, data: unknown): void }>().emit?.('exception', told);
    return undefined;
  }

  #answer(known: HttpError, host: ArgumentsHost): void {
    const { httpAdapter } = this.#host;
    const http = host.switchToHttp();
    const request = raw(http.getRequest<Wrapped<IncomingMessage>>());
    const response = http.getResponse<Wrapped<ServerResponse>>();
    if (httpAdapter.isHeadersSent(response)) {
      raw(response).destroy();
      return;
    }
    for (const [name, value] of Object.entries(sayable(known, request).headers)) {
      httpAdapter.setHeader(response, name, value);
    }
    cutOff(request, raw(response));
    httpAdapter.reply(response, known.toJSON(), known.statusCode);
  }
}
Catch(HttpError, SaturatedError, TaskTimeoutError, ExecutorClosedError)(MillraceFilter);

function retryAfterOf({ headers }: HttpError): { readonly retryAfterSeconds?: number } {
  const seconds = headers['retry-after'];
  return seconds === undefined ? {} : { retryAfterSeconds: Number(seconds) };
}
