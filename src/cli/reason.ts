import { getSystemErrorMap } from 'node:util';

const words: Record<string, string> = {
  ERR_FILE_CHANGED: 'changed while it was read',
  ERR_NOT_A_REGULAR_FILE: 'not a regular file',
  EISDIR: 'is a directory',
};

/**
 * Why something failed, in one line, for a message that names the thing already.
 *
 * @param name as the error may name it, to leave it out.
 */
export function reasonOf(error: unknown, name?: string): string {
  if (!(error instanceof Error)) return oneLine(String(error));
  const { code, errno } = error as { code?: unknown; errno?: unknown };
  if (typeof code === 'string' && words[code] !== undefined) return words[code];
  const system = typeof errno === 'number' ? getSystemErrorMap().get(errno)?.[1] : undefined;
  if (system !== undefined) return system;
  const text = error.message || error.name;
  return oneLine(name !== undefined && text.startsWith(name) ? text.slice(name.length) : text);
}

const oneLine = (text: string): string =>
  text
    .replaceAll(/[\s\u0085]+/g, ' ')
    .replace(/^[: ]+/, '')
    .trim();
