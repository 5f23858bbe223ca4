import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { HttpError } from './http-error.ts';

/** Callbacks by connection, called when it closes: one listener serves all requests that are pipelined over it. */
const whenClosed = new WeakMap<Duplex, Set<() => void>>();

/**
 * The client of a request: is it still connected?
 *
 * The response alone does not tell. Of pipelined requests only the first one's response has a socket, and Node emits `close`
 * on no other when the connection closes. So this class also watches the connection. Each getter reads the present state, not
 * an event, which may have passed while the handler awaited something else.
 */
export class Client {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request;
    this.#response = response;
  }

  /** Has the whole answer been handed to the platform? (Over HTTP/2 a stream that was reset is finished, but not ended.) */
  get answered(): boolean {
    return this.#response.writableEnded && this.#response.writableFinished;
  }

  /** Did the connection, or the HTTP/2 stream, close before the answer? */
  get gone(): boolean {
    return !this.answered && (this.#request.socket.destroyed || this.#response.destroyed);
  }

  /** Calls back once, when the request is answered or its client has gone; at once if either is so already. */
  onOver(callback: () => void): void {
    if (this.answered || this.gone) return callback();
    const response = this.#response;
    const others = othersOn(this.#request);
    const over = (): void => {
      others?.delete(over);
      response.off('close', over);
      callback();
    };
    others?.add(over);
    response.once('close', over);
  }
}

/** The error for a client that has gone. 499 is nginx's status for it; no client reads it, but logs do. */
export function clientGone(): HttpError {
  return new HttpError(499, 'ERR_MILLRACE_CLIENT_GONE', 'the client closed the connection');
}

/** The callbacks of the request's connection. Undefined over HTTP/2, where each response emits `close`, and without a connection. */
function othersOn(request: IncomingMessage): Set<() => void> | undefined {
  const { socket } = request;
  if ('stream' in request || !(socket instanceof EventEmitter)) return undefined;
  let others = whenClosed.get(socket);
  if (others === undefined) {
    const told = (others = new Set());
    whenClosed.set(socket, told);
    socket.once('close', () => {
      for (const tell of told) tell();
    });
  }
  return others;
}
