import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServerResponse } from 'node:http';
import { Executor } from 'millrace';
import { emptyScene, inspector, verdict } from 'millrace/inspector';
import type { Scene } from 'millrace/inspector';
import type { ExecutorFrame, Frame } from '../../src/inspector/record/frame.ts';

/** A frame in which nothing happens. */
export function frameOf(
  sequence: number,
  own: Partial<ExecutorFrame> = {},
  scene: Partial<Scene> = {},
): Frame {
  return {
    sequence,
    at: Date.now(),
    spanMs: 250,
    pid: process.pid,
    node: process.version,
    mainBusy: 0.1,
    lateMs: 2,
    memory: [100e6, 20e6],
    watching: 0.004,
    present: [1],
    executors: [
      {
        id: 1,
        name: 'replayed',
        state: 'open',
        verdict: verdict({ ...emptyScene, ...scene }),
        workers: 2,
        capacity: 10,
        places: { waiting: 0, queued: 0, sent: 0, running: 0, suspended: 0, unread: 0 },
        counts: { submitted: 0, fulfilled: 0, rejected: 0, cancelled: 0, refused: 0 },
        fulfilled: 0,
        busy: 0,
        waitP50: 0,
        waitP99: 0,
        forecastMs: null,
        bytes: [0, 1024],
        threads: [
          ['open', -1, 0, 1],
          ['open', -1, 0, 2],
        ],
        functions: [],
        incidents: [],
        streams: [],
        ...own,
      },
    ],
  };
}

/** The page with frames of the test's own making. */
export class Replay implements AsyncDisposable {
  readonly #viewers = new Set<ServerResponse>();
  readonly #executor = new Executor({ workers: 1 });
  readonly #page = inspector(this.#executor);
  readonly #server = createServer((request, response) => {
    if (request.url !== '/?events') return this.#page(request, response);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    this.#viewers.add(response);
    response.once('close', () => this.#viewers.delete(response));
    this.onViewer();
    return undefined;
  });
  onViewer: () => void = () => {};

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  send(event: string, data: unknown): void {
    for (const viewer of this.#viewers) viewer.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await this.#executor.shutdown();
  }
}
