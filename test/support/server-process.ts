import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { freePort } from './free-port.ts';
import { send } from './request.ts';

export interface ServerProcess {
  readonly process: ChildProcess;
  readonly port: number;
}

const children = new Set<ChildProcess>();
/** Whatever became of the tests: no process is left. */
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

/**
 * Starts a server that listens on the port in `PORT`, and resolves when it answers.
 *
 * @param isReady whether its answer to `/readyz` says so.
 */
export async function startServer(
  file: string,
  isReady: (status: number) => boolean,
  env: NodeJS.ProcessEnv = {},
): Promise<ServerProcess> {
  const port = await freePort();
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, PORT: String(port), ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  children.add(child);
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${file} ended with ${child.exitCode}`);
    const answer = await send(port, '/readyz').catch(() => undefined);
    if (answer !== undefined && isReady(answer.status)) return { process: child, port };
    // The server needs the core for its start.
    await pause(20);
  }
}

/** Sends SIGTERM, and resolves with the exit code. */
export async function terminate({ process: child }: ServerProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const [code] = (await ended) as [number | null];
  return code;
}
