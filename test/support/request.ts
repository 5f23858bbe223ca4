import { request } from 'node:http';
import type { ClientRequest, IncomingMessage, RequestOptions, Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export const textOf = ({ body }: Answer): string => body.toString();
export const jsonOf = (answer: Answer): any => JSON.parse(textOf(answer));

/** Starts to listen on a free port of this machine. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return portOf(server);
}

export const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** Resolves when a connection is closed, by a reset too (for which `once()` would reject). */
export function closed(connection: NodeJS.EventEmitter): Promise<void> {
  return new Promise((resolve) => connection.once('close', () => resolve()));
}

/** A request that can be watched and destroyed, on a connection of its own; with the answer as a promise. */
export function open(
  port: number,
  options: RequestOptions = {},
): { request: ClientRequest; answer: Promise<Answer> } {
  const sent = request({ port, host: '127.0.0.1', agent: false, ...options });
  const answer = new Promise<Answer>((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
  });
  answer.catch(() => {});
  return { request: sent, answer };
}

/** A whole request. */
export function send(
  port: number,
  path: string,
  { body, ...options }: RequestOptions & { body?: string | Uint8Array } = {},
): Promise<Answer> {
  const { request: sent, answer } = open(port, {
    path,
    method: body === undefined ? 'GET' : 'POST',
    ...options,
  });
  sent.end(body);
  return answer;
}

/**
 * Posts a body that does not end, over a connection that the client would keep: resolves with what it was told, when the
 * server has cut it off. Its length is said to be 10 GiB, or is not told if `headers` say `transfer-encoding: chunked`.
 *
 * @param begin of the body.
 */
export function sendForEver(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  begin: Uint8Array = Buffer.alloc(0),
): Promise<string> {
  const chunked = headers['transfer-encoding'] === 'chunked';
  const all = { host: 'x', ...(chunked ? {} : { 'content-length': String(10 * 2 ** 30) }), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  const send = (bytes: Uint8Array): void => {
    if (chunked) socket.write(`${bytes.length.toString(16)}\r\n`);
    socket.write(bytes);
    if (chunked) socket.write('\r\n');
  };
  socket.write(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
  if (begin.length > 0) send(begin);
  const sending = setInterval(() => send(Buffer.alloc(64 * 1024)), 1);
  let told = '';
  socket.on('data', (text) => (told += text));
  return new Promise((resolve) => {
    // Being cut off may look like this.
    socket.on('error', () => {});
    socket.on('close', () => {
      clearInterval(sending);
      resolve(told);
    });
  });
}
