/** Counts the lines that tasks print, and keeps them from the output. */
export function countLines(): { readonly count: number } {
  const found = { count: 0 };
  const count = () => {
    found.count++;
    return '';
  };
  const write = process.stdout.write.bind<(chunk: string | Uint8Array, ...rest: never[]) => boolean>(
    process.stdout,
  );
  process.stdout.write = (chunk: string | Uint8Array, ...rest: never[]) => {
    const other = typeof chunk === 'string' ? chunk.replaceAll(/^line of a task: \d+\n/gm, count) : chunk;
    return write(other, ...rest);
  };
  return found;
}
