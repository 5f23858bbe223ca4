import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { listen, send } from '../support/request.ts';

export interface Example {
  readonly process: ChildProcess;
  readonly port: number;
}

const children = new Set<ChildProcess>();
/** Whatever became of the tests: no process is left. */
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** Starts an example as its users do, and resolves when it answers. */
export async function start(name: string): Promise<Example> {
  const port = await freePort();
  const file = fileURLToPath(new URL(`../../examples/${name}/server.js`, import.meta.url));
  const child = spawn(process.execPath, [file], {
    // Quick work and patient deadlines: the machine that runs the tests may be busy with others.
    env: {
      ...process.env,
      PORT: String(port),
      NODE_ENV: 'production',
      SCRYPT_LOG_N: '13',
      DEADLINE_MS: '20000',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  children.add(child);
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`);
    const answer = await send(port, '/readyz').catch(() => undefined);
    if (answer?.status === 200) return { process: child, port };
  }
}

/** Sends SIGTERM, and resolves with the exit code. */
export async function terminate({ process: child }: Example): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const [code] = (await ended) as [number | null];
  return code;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server as never);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
