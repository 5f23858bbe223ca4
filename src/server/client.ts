import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { HttpError } from './http-error.ts';

/** What is told when a connection closes: one listener for all requests that are pipelined over it. */
const whenClosed = new WeakMap<Duplex, Set<() => void>>();

/**
 * The other end of a request: is it still there?
 *
 * The response alone does not tell. Of requests that are pipelined only the first one's response has a socket, and Node
 * emits `close` on no other when the connection closes. So the connection is asked, and watched, as well. Each question
 * is answered by how things stand and not by an event, which may have passed while somebody awaited something else.
 */
export class Client {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request;
    this.#response = response;
  }

  /** Has the whole answer been handed to the platform? (Over HTTP/2 a stream that was reset is finished, and not ended.) */
  get answered(): boolean {
    return this.#response.writableEnded && this.#response.writableFinished;
  }

  /** Was the connection, or the stream of HTTP/2, closed before it was answered? */
  get gone(): boolean {
    return !this.answered && (this.#request.socket.destroyed || this.#response.destroyed);
  }

  /** Calls back once: when it has been answered, or has gone; at once if that is so. */
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

/** 499 is nginx's number for it; nobody is there to read it, but logs do. */
export function clientGone(): HttpError {
  return new HttpError(499, 'ERR_MILLRACE_CLIENT_GONE', 'the client closed the connection');
}

/** Undefined over HTTP/2, where each response tells by itself, and for what has no connection. */
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
