import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { secret, workUrl } from './cluster.ts';

const cli = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));

/** `millrace worker` in a process of its own. */
export class HostProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  /** All that it has printed. */
  readonly lines: string[] = [];
  readonly #exited: Promise<unknown>;
  readonly #ready: Promise<void>;

  private constructor(args: readonly string[], env: NodeJS.ProcessEnv, nodeFlags: readonly string[]) {
    this.child = spawn(process.execPath, [...nodeFlags, cli, 'worker', ...args], {
      env: { ...process.env, MILLRACE_SECRET: secret, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#exited = once(this.child, 'exit');
    this.#ready = new Promise((resolve, reject) => {
      for (const stream of [this.child.stdout, this.child.stderr]) {
        createInterface({ input: stream as NonNullable<typeof stream> }).on('line', (line) => {
          this.lines.push(line);
          if (line.includes('takes tasks')) resolve();
        });
      }
      this.child.on('exit', () => reject(new Error(`the host ended: ${this.lines.join('\n')}`)));
    });
    this.#ready.catch(() => {});
  }

  /**
   * Resolves when it takes tasks. Another host takes over what it has begun when it has not been heard for `--lock`, 15 seconds: a host
   * that is to be missed soon needs a shorter one, and no other host does, since a busy machine makes it stand still for a second.
   */
  static async start(
    at: { readonly redis: { readonly url: string }; readonly queue: string },
    args: readonly string[] = [],
    { env = {}, nodeFlags = [] }: { env?: NodeJS.ProcessEnv; nodeFlags?: readonly string[] } = {},
  ): Promise<HostProcess> {
    const own = ['--queue', at.queue, '--tasks', fileURLToPath(workUrl), '--workers', '2'];
    const host = new HostProcess([...own, ...args], { MILLRACE_REDIS_URL: at.redis.url, ...env }, nodeFlags);
    await host.#ready;
    return host;
  }

  /** @returns its exit code, or the signal that ended it. */
  async end(signal: NodeJS.Signals): Promise<unknown> {
    this.child.kill(signal);
    await this.#exited;
    return this.child.exitCode ?? this.child.signalCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGCONT');
    await this.end('SIGKILL');
  }
}
