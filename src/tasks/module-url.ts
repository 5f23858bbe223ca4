import { pathToFileURL } from 'node:url';
import { InvalidTaskError } from '../base/errors.ts';
import { show } from '../base/options.ts';

/**
 * The URL of a task module, from a URL or an absolute path. A relative path is refused: its base is unknown.
 *
 * @throws {InvalidTaskError} for anything else; the message says what to write instead.
 */
export function moduleUrl(module: URL | string): string {
  const url = typeof module === 'string' ? (fromPath(module) ?? module) : hrefOf(module);
  if (url !== undefined && URL.canParse(url) && !startsWithDrive.test(url)) return new URL(url).href;
  const path = typeof module === 'string' && /^\.{1,2}\//.test(module) ? module : './work.js';
  throw new InvalidTaskError(
    `tasks() takes a module's URL or absolute path, not ${show(module)}: write new URL('${path}', import.meta.url), ` +
      `or pathToFileURL(path.resolve('${path}')) for a path from the working directory`,
  );
}

/** A Windows path with a drive (`C:\…`, `C:/…`) or a host (`\\host\…`), recognized on every platform. */
const windowsPath = /^(?:[a-z]:[\\/]|\\\\[^\\])/i;

/** A drive letter: no URL scheme has only one letter. */
const startsWithDrive = /^\s*[a-z]:/i;

function fromPath(given: string): string | undefined {
  if (windowsPath.test(given)) return pathToFileURL(given, { windows: true }).href;
  return given.startsWith('/') ? pathToFileURL(given).href : undefined;
}

/** The `href` of a URL object of any realm: a test environment may have its own `URL` class. */
function hrefOf(value: unknown): string | undefined {
  return Object.prototype.toString.call(value) === '[object URL]' ? (value as URL).href : undefined;
}
