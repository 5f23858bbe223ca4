import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const contenderNames = ['millrace', 'piscina', 'under-pressure', 'codel'] as const;
export type ContenderName = (typeof contenderNames)[number];

export interface ServerStats {
  readonly threadStarts: number;
  readonly heapUsed: number;
  readonly pending: number;
  readonly running?: number;
}

/** A contender's server in a process of its own. */
export class Contender {
  readonly name: ContenderName;
  readonly port: number;
  readonly process: ChildProcess;

  private constructor(name: ContenderName, port: number, child: ChildProcess) {
    this.name = name;
    this.port = port;
    this.process = child;
  }

  static async start(name: ContenderName, workers: number): Promise<Contender> {
    const file = fileURLToPath(new URL('./serve.mjs', import.meta.url));
    const child = fork(file, [name, String(workers)], { execArgv: ['--expose-gc'] });
    const [message] = (await once(child, 'message')) as [{ port: number }];
    return new Contender(name, message.port, child);
  }

  async stats(): Promise<ServerStats> {
    this.process.send('stats');
    const [message] = (await once(this.process, 'message')) as [ServerStats];
    return message;
  }

  /** Resolves when the process has ended, after SIGTERM or, if it does not heed it, SIGKILL. */
  async stop(graceMs = 1000): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), graceMs);
    await ended;
    clearTimeout(timer);
  }
}
