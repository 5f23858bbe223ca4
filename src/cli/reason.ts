import { getSystemErrorMap } from 'node:util';

const words: Record<string, string> = {
  ERR_FILE_CHANGED: 'changed while it was read',
  ERR_NOT_A_REGULAR_FILE: 'is not a regular file',
};

/**
 * Why something failed, in one line, for a message that names the thing already.
 *
 * @param path as the error may name it, to leave it out.
 */
export function reasonOf(error: unknown, path?: string): string {
  if (!(error instanceof Error)) return oneLine(String(error));
  const { code, errno } = error as { code?: unknown; errno?: unknown };
  if (typeof code === 'string' && words[code] !== undefined) return words[code];
  const system = typeof errno === 'number' ? getSystemErrorMap().get(errno)?.[1] : undefined;
  if (system !== undefined) return system;
  let text = error.message || error.name;
  if (path !== undefined && text.startsWith(path)) text = text.slice(path.length).replace(/^[: ]+/, '');
  return oneLine(text);
}

const oneLine = (text: string): string => text.replaceAll(/\p{Cc}+/gu, ' ').trim();
