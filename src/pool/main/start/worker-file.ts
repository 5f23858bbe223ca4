import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MillraceError } from '../../../base/errors.ts';
import { threadModule } from '../../../package-file.ts';

/**
 * The path of each thread's entry file. CommonJS on purpose: Piscina loads it by `require()`, and a thread that ends during
 * `require()` of an ES module takes the whole process down ("FATAL ERROR: v8::Module::IsGraphAsync", Node 20 to 22).
 *
 * @throws {MillraceError} with `code` `'ERR_MILLRACE_BUNDLED'` if the file does not exist.
 */
export function workerFile(): string {
  const url = threadModule('pool/worker/worker-entry');
  const file = url.href.startsWith('file:///bundle/') ? undefined : fileURLToPath(url);
  if (file !== undefined && existsSync(file)) return file;
  const missing = file === undefined ? 'the file that threads begin with' : file;
  throw new MillraceError(
    'ERR_MILLRACE_BUNDLED',
    `${missing} is missing, as where a bundler has bundled the package: mark millrace as external`,
  );
}
