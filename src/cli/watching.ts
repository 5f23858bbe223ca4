import type { Executor } from '../index.ts';
import { OwnServer } from '../inspector/open-inspector.ts';
import { openInspectorOptions } from '../inspector/options.ts';
import { Recorder } from '../inspector/record/recorder.ts';
import { Trace } from '../inspector/trace/trace-file.ts';
import { toText } from './byte-path.ts';
import type { WatchArguments } from './watch-arguments.ts';

/** Shows a command's executors to the user: on the inspector page, in a trace file, and by a verdict at the end. */
export class Watching {
  readonly #say: (text: string) => void;
  readonly #server: OwnServer | undefined;
  readonly #trace: Trace | undefined;
  /** Records for the verdict from the start; the recorder of the page records only while the page has viewers. */
  readonly #recorder: Recorder | undefined;
  #summary: { readonly busyMs: number; readonly text: string } | undefined;
  readonly #executors = new Set<Executor>();

  private constructor(
    { trace, verdict, words }: WatchArguments,
    say: (text: string) => void,
    server: OwnServer | undefined,
  ) {
    this.#say = say;
    this.#server = server;
    if (trace !== undefined) this.#trace = new Trace([], toText(trace), {});
    if (!verdict) return;
    this.#recorder = new Recorder([], () => {}, words);
    this.#recorder.start();
  }

  /** @throws {MillraceError} if the port is in use, or the file can't be written. */
  static async start(args: WatchArguments, say: (text: string) => void): Promise<Watching> {
    const { inspect: port, words } = args;
    if (port === undefined) return new Watching(args, say, undefined);
    const server = await OwnServer.open([], openInspectorOptions({ port }), words);
    try {
      const watching = new Watching(args, say, server);
      say(`inspector: ${server.url}`);
      return watching;
    } catch (error) {
      await server.shutdown();
      throw error;
    }
  }

  add(executor: Executor): void {
    this.#executors.add(executor);
    this.#recorder?.add(executor);
    this.#server?.recorder.add(executor);
    this.#trace?.add(executor);
  }

  remove(executor: Executor): void {
    if (!this.#executors.delete(executor)) return;
    const text = this.#recorder?.summary(executor);
    const busyMs = executor.workerLoopTimes().reduce((sum, { activeMs }) => sum + activeMs, 0);
    // Of several executors, the verdict is on the one that was busy longest.
    if (text !== undefined && busyMs >= (this.#summary?.busyMs ?? 0)) this.#summary = { busyMs, text };
    this.#recorder?.remove(executor);
    this.#server?.recorder.remove(executor);
    this.#trace?.remove(executor);
  }

  /** Prints the verdict, and ends the page and the trace. Rejects if the trace could not be written completely. */
  async end(): Promise<void> {
    for (const executor of this.#executors) this.remove(executor);
    this.#recorder?.stop();
    if (this.#summary !== undefined) this.#say(`verdict: ${this.#summary.text}`);
    await this.#server?.shutdown();
    await this.#trace?.stop();
  }
}
