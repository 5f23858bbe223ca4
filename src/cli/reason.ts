import { getSystemErrorMap } from 'node:util';

/** Messages by error code: the C library's where libuv words them otherwise, and those of Millrace's own codes. */
const words: Record<string, string> = {
  ERR_MILLRACE_FILE_CHANGED: 'changed while it was read',
  ERR_MILLRACE_NOT_A_REGULAR_FILE: 'not a regular file',
  EISDIR: 'is a directory',
  ELOOP: 'too many levels of symbolic links',
  ENAMETOOLONG: 'file name too long',
  EIO: 'input/output error',
};

/**
 * Describes in one line why something failed, for a message that names the thing already.
 *
 * @param name removed from the start of the error's message.
 */
export function reasonOf(error: unknown, name?: string): string {
  if (!(error instanceof Error)) return oneLine(String(error));
  const { code, errno } = error as { code?: unknown; errno?: unknown };
  if (typeof code === 'string' && words[code] !== undefined) return words[code];
  const system = typeof errno === 'number' ? getSystemErrorMap().get(errno)?.[1] : undefined;
  if (system !== undefined) return system;
  const message = error.message || error.name;
  // The error names the task by a number that counts attempts; the message names the line already.
  const text =
    code === 'ERR_MILLRACE_TIMEOUT' ? message.replace(/^task .*? (?=ran longer than )/, '') : message;
  return oneLine(name !== undefined && text.startsWith(name) ? text.slice(name.length) : text);
}

const oneLine = (text: string): string =>
  text
    .replaceAll(/[\s\u0085]+/g, ' ')
    .replace(/^[: ]+/, '')
    .trim();
