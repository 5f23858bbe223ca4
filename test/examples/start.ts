import { fileURLToPath } from 'node:url';
import { startServer } from '../support/server-process.ts';
import type { ServerProcess } from '../support/server-process.ts';

export { terminate } from '../support/server-process.ts';
export type { ServerProcess as Example } from '../support/server-process.ts';

/** Starts an example as its users do, and resolves when it is ready. */
export function start(name: string): Promise<ServerProcess> {
  const file = fileURLToPath(new URL(`../../examples/${name}/server.js`, import.meta.url));
  // Quick work and patient deadlines: the machine that runs the tests may be busy with others.
  const env = { NODE_ENV: 'production', SCRYPT_LOG_N: '13', DEADLINE_MS: '20000' };
  return startServer(file, (status) => status === 200, env);
}
