import { get, request } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { eventually } from '../support/eventually.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a server answers; headers as given, also such as no browser would send. */
export function ask(
  url: string,
  headers: Record<string, string> = {},
  { method = 'GET', setHost = true } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, setHost, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** One who looks on, and what was told so far. */
export class Viewer implements Disposable {
  readonly events: { readonly event: string; readonly data: never }[] = [];
  readonly #response: IncomingMessage;
  #rest = '';

  private constructor(response: IncomingMessage) {
    this.#response = response;
    response.on('data', (chunk: Buffer) => this.#received(chunk.toString()));
    response.on('error', () => {});
  }

  static open(url: string, headers: Record<string, string> = {}): Promise<Viewer> {
    return new Promise((resolve, reject) => {
      get(`${url}?events`, { headers, agent: false }, (response) => {
        if (response.statusCode === 200) resolve(new Viewer(response));
        else reject(new Error(`answered ${response.statusCode}`));
      }).on('error', reject);
    });
  }

  get ended(): boolean {
    return this.#response.closed;
  }

  of<T>(name: string): T[] {
    return this.events.filter(({ event }) => event === name).map(({ data }) => data as T);
  }

  /** Resolves with the first event of this name for which it holds. */
  async until<T>(name: string, holds: (data: T) => boolean = () => true): Promise<T> {
    return eventually(() => {
      const found = this.of<T>(name).find(holds);
      if (found === undefined)
        throw new Error(`no such ${name}; last: ${JSON.stringify(this.of(name).at(-1))}`);
      return found;
    });
  }

  /** Reads nothing more, without leaving. */
  stall(): void {
    this.#response.pause();
  }

  [Symbol.dispose](): void {
    this.#response.destroy();
  }

  #received(text: string): void {
    const parts = (this.#rest + text).split('\n\n');
    this.#rest = parts.pop() ?? '';
    for (const part of parts) {
      const [, event = '', data = ''] = /event: (.*)\ndata: (.*)$/.exec(part) ?? [];
      this.events.push({ event, data: JSON.parse(data) as never });
    }
  }
}
