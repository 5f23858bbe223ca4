import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, readSync } from 'node:fs';

/**
 * Cuts off half a line that a killed run may have left at the end of standard output. The run that resumes it prints the
 * whole line again, so it calls this if it appends to the same file (`>> results`).
 *
 * It works only on Linux, where /proc tells how a file was opened. It changes only regular files that were opened to
 * append, and never whole lines.
 *
 * @param file descriptor of standard output.
 */
export function mendOutput(file: number): void {
  try {
    const stats = fstatSync(file);
    if (!stats.isFile() || !appends(file)) return;
    const whole = wholeLines(file, stats.size);
    if (whole < stats.size) ftruncateSync(file, whole);
  } catch {
    // The file is not readable, or this is not Linux: the half line stays.
  }
}

function appends(file: number): boolean {
  const [, flags = '0'] = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${file}`, 'utf8')) ?? [];
  return (Number.parseInt(flags, 8) & 0o2000) !== 0;
}

/** Size of the file in bytes up to and including its last newline. */
function wholeLines(file: number, size: number): number {
  const readable = openSync(`/proc/self/fd/${file}`, 'r');
  try {
    const buffer = Buffer.alloc(64 * 1024);
    for (let end = size; end > 0; ) {
      const start = Math.max(0, end - buffer.length);
      const length = readSync(readable, buffer, 0, end - start, start);
      const at = buffer.subarray(0, length).lastIndexOf(10);
      if (at !== -1) return start + at + 1;
      end = start;
    }
    return 0;
  } finally {
    closeSync(readable);
  }
}
