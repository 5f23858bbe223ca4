import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, readSync } from 'node:fs';

/**
 * A run that was killed while it wrote to a file may have left half a line there. A run that resumes it takes that half away
 * if it appends to that file (`>> results`), since the whole line comes again.
 *
 * Only on Linux, which tells how a file was opened; nothing is changed of what is no file, and nothing of whole lines.
 *
 * @param file of standard output.
 */
export function mendOutput(file: number): void {
  try {
    const stats = fstatSync(file);
    if (!stats.isFile() || !appends(file)) return;
    const whole = wholeLines(file, stats.size);
    if (whole < stats.size) ftruncateSync(file, whole);
  } catch {
    // Not readable, or no Linux: then the half stays.
  }
}

function appends(file: number): boolean {
  const [, flags = '0'] = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${file}`, 'utf8')) ?? [];
  return (Number.parseInt(flags, 8) & 0o2000) !== 0;
}

/** The size without what stands behind the last newline. */
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
