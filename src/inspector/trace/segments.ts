import {
  closeSync,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  write,
  writeSync,
} from 'node:fs';

/* The files of a trace, called segments. Each is a JSON array of events. */

/** Opens a file that only the user can read (mode 0600), as it contains labels of tasks. */
export function openOwn(path: string): number {
  const fd = openSync(path, 'w', 0o600);
  if (fstatSync(fd).isFile()) fchmodSync(fd, 0o600);
  return fd;
}

/** The files that traces of this process write at the moment. */
export const beingWritten: Set<string> = new Set();

/** `openOwn` of a trace's first segment. @throws if another trace of this process writes it: each would overwrite the other's events. */
export function openNew(path: string): number {
  if (beingWritten.has(path)) throw new Error('another trace is writing it');
  return openOwn(path);
}

/** Writes all bytes, in several calls if the file takes only a part of them. */
export async function writeAll(fd: number, bytes: Buffer, position: number | null): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += await new Promise<number>((resolve, reject) => {
      write(
        fd,
        bytes,
        done,
        bytes.length - done,
        position === null ? null : position + done,
        (error, written) => (error === null ? resolve(written) : reject(error)),
      );
    });
  }
}

/**
 * `writeAll`, synchronously. A disk that is nearly full takes a part of the bytes, and fails only when the rest is written.
 *
 * @returns the number of bytes.
 */
export function writeAllSync(fd: number, bytes: Buffer, position: number | null): number {
  for (let done = 0; done < bytes.length; )
    done += writeSync(fd, bytes, done, bytes.length - done, position === null ? null : position + done);
  return bytes.length;
}

/**
 * Joins two segments into one file at the path of the newer one.
 *
 * @param endLength bytes at the end of the older segment that close its array.
 */
export function joinSegments(older: string, newer: string, endLength: number): void {
  const target = openSync(older, 'r+');
  try {
    const size = fstatSync(target).size - endLength;
    ftruncateSync(target, size);
    copyAfter(newer, target, size);
  } finally {
    closeSync(target);
  }
  renameSync(older, newer);
}

/** Appends the events of a file to an array that is still open: the file's `[` becomes a comma. */
function copyAfter(path: string, target: number, position: number): void {
  const source = openSync(path, 'r');
  try {
    const chunk = Buffer.alloc(1024 * 1024);
    let at = position;
    for (
      let read = readSync(source, chunk), isFirst = true;
      read > 0;
      read = readSync(source, chunk), isFirst = false
    ) {
      if (isFirst) chunk[0] = 0x2c;
      for (let done = 0; done < read; ) done += writeSync(target, chunk, done, read - done, at + done);
      at += read;
    }
  } finally {
    closeSync(source);
  }
}
