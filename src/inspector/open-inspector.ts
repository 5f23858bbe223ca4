import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { Worker } from 'node:worker_threads';
import { MillraceError } from '../index.ts';
import type { Executor } from '../index.ts';
import { warn } from '../base/warn.ts';
import { threadModule } from '../package-file.ts';
import { executorsOf, openInspectorOptions } from './options.ts';
import type { OpenInspectorOptions } from './options.ts';
import { Recorder } from './record/recorder.ts';
import type { VerdictOptions } from './verdict/rule.ts';
import type { FromThread, ThreadStart, ToThread } from './thread-messages.ts';

/** The inspector's own server. It does not keep the process alive. */
export interface InspectorServer extends AsyncDisposable {
  /** The URL of the page, without the token. */
  readonly url: string;
  /** Ends the server and its thread. */
  shutdown(): Promise<void>;
}

/**
 * Serves the inspector's page from a thread of its own, so that it can show a blocked main thread ("no sign of life for 5.2 s").
 *
 * @throws {InvalidOptionError} for an unknown option or a bad value; `MillraceError` with the code `ERR_MILLRACE_INSPECTOR` if the
 *   server can't listen, for example because the port is in use.
 */
export function openInspector(
  executors: Executor | readonly Executor[],
  options: OpenInspectorOptions = {},
): Promise<InspectorServer> {
  try {
    return OwnServer.open(executorsOf(executors), openInspectorOptions(options));
  } catch (error) {
    return Promise.reject(error);
  }
}

/** An inspector server to which executors may be added later. */
export class OwnServer implements InspectorServer {
  readonly url: string;
  readonly recorder: Recorder;
  readonly #thread: Worker;
  /** Set when the server ends, or its thread has ended by itself. */
  #ended: Promise<unknown> | undefined = undefined;

  private constructor(thread: Worker, recorder: Recorder, url: string) {
    this.#thread = thread;
    this.recorder = recorder;
    this.url = url;
  }

  static async open(
    executors: readonly Executor[],
    start: ThreadStart,
    verdictOptions: VerdictOptions = {},
  ): Promise<OwnServer> {
    const thread = new Worker(threadModule('inspector/inspector-thread'), {
      workerData: start,
      name: 'millrace inspector',
      // Not the process's own flags: they may load modules that only tasks need.
      execArgv: [],
    });
    const send = (message: ToThread) => thread.postMessage(message);
    const recorder = new Recorder(executors, (frame) => send({ kind: 'frame', frame }), verdictOptions);
    const { host, port } = start;
    const listening = new Promise<number>((resolve, reject) => {
      thread.on('message', (message: FromThread) => {
        if (message.kind === 'listening') resolve(message.port);
        else if (message.kind === 'failed') reject(cannotListen(host, port, message.message, message.code));
        else if (message.count > 0) recorder.start();
        else if (start.record === 'viewed') recorder.stop();
      });
      thread.once('error', reject);
      thread.once('exit', () => {
        recorder.stop();
        reject(cannotListen(host, port, 'its thread has ended'));
      });
    });
    try {
      const name = isIPv6(host) ? `[${host}]` : host;
      const opened = new OwnServer(thread, recorder, `http://${name}:${await listening}/`);
      thread.unref();
      if (start.record === 'always') recorder.start();
      opened.#watch();
      return opened;
    } catch (error) {
      await thread.terminate();
      throw error;
    }
  }

  async shutdown(): Promise<void> {
    this.recorder.stop();
    await (this.#ended ??= this.#end());
  }

  async #end(): Promise<void> {
    const ended = once(this.#thread, 'exit');
    this.#thread.ref();
    this.#thread.postMessage({ kind: 'close' } satisfies ToThread);
    const patience = setTimeout(() => void this.#thread.terminate(), 1000);
    await ended;
    clearTimeout(patience);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  /** Handles the death of the inspector's thread: the executors continue without the page. */
  #watch(): void {
    let cause: unknown;
    this.#thread.on('error', (error) => (cause = error));
    this.#thread.once('exit', () => {
      if (this.#ended !== undefined) return;
      this.#ended = Promise.resolve();
      const why = cause instanceof Error ? `: ${cause.message}` : '';
      warn('MillraceInspectorWarning', `the inspector at ${this.url} has ended${why}`);
    });
  }
}

function cannotListen(host: string, port: number, why: string, code?: string): MillraceError {
  const hint = code === 'EADDRINUSE' ? ' (another process uses this port; 0 takes any that is free)' : '';
  return new MillraceError(
    'ERR_MILLRACE_INSPECTOR',
    `the inspector can't listen at ${host}, port ${port}: ${why}${hint}`,
  );
}
