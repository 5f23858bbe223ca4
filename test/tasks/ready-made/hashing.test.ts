import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { hashBytes, hashFile } from '../../../src/tasks/ready-made/hashing.ts';

const fs = vi.hoisted(() => ({ afterRead: undefined as (() => void) | undefined, shortReads: false }));
vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>();
  type Read = (file: number, into: Buffer, offset: number, length: number, position: null) => number;
  const readSync: Read = (file, into, offset, length, position) => {
    const read = real.readSync(file, into, offset, fs.shortReads ? Math.min(length, 7) : length, position);
    const then = fs.afterRead;
    fs.afterRead = undefined;
    then?.();
    return read;
  };
  return { ...real, readSync };
});

const directory = mkdtempSync(join(tmpdir(), 'millrace-hashing-'));
const at = (name: string): string => join(directory, name);
const bufferSize = 1024 * 1024;

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(at(name), content);
  return at(name);
}

const has = (program: string): boolean => {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('agrees with', () => {
  const sizes = [0, 1, 4096, bufferSize - 1, bufferSize, bufferSize + 1, 5 * bufferSize + 3];

  test.runIf(has('sha256sum')).each(sizes)('sha256sum about %i bytes', (size) => {
    const path = file(`sum-${size}`, randomBytes(size));
    expect(hashFile(path)).toBe(execFileSync('sha256sum', [path], { encoding: 'utf8' }).slice(0, 64));
  });

  test.runIf(has('sha256sum')).each([
    ['md5sum', 'md5'],
    ['sha1sum', 'SHA1'],
    ['sha512sum', 'sha512'],
    ['b2sum', 'blake2b512'],
  ])('%s on %s', (program, algorithm) => {
    const path = file('algorithms', randomBytes(70_000));
    const said = execFileSync(program, [path], { encoding: 'utf8' });
    expect(hashFile(path, algorithm)).toBe(said.split(' ')[0]);
  });

  test('the published digest of nothing, by SHA3-256', () => {
    const published = 'a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a';
    expect(hashFile(file('nothing', ''), 'sha3-256')).toBe(published);
  });

  test('hashBytes on what the file holds', () => {
    const bytes = randomBytes(10_000);
    expect(hashFile(file('bytes', bytes), 'sha512')).toBe(hashBytes(bytes, 'sha512'));
    expect(hashBytes('grün')).toBe(hashBytes(new TextEncoder().encode('grün')));
  });
});

describe('reads', () => {
  test('a small file whole when reads come up short, as on a network file system', () => {
    const bytes = randomBytes(100);
    const path = file('short', bytes);
    fs.shortReads = true;
    try {
      expect(hashFile(path)).toBe(hashBytes(bytes));
    } finally {
      fs.shortReads = false;
    }
  });

  test('one file after another, longer and shorter, with nothing left in the buffer', () => {
    const long = file('long', randomBytes(5000));
    const short = file('shorter', 'x');
    const first = hashFile(long);
    expect(hashFile(short)).toBe(hashBytes('x'));
    expect(hashFile(long)).toBe(first);
  });

  test('through a symbolic link, and a path given as bytes', () => {
    const path = file('target', 'linked');
    symlinkSync(path, at('link'));
    expect(hashFile(at('link'))).toBe(hashBytes('linked'));
    expect(hashFile(Buffer.from(path))).toBe(hashBytes('linked'));
  });

  test('twice the same digest when nothing changed, however old the file', () => {
    const path = file('old', 'old');
    utimesSync(path, 1, 1);
    expect(hashFile(path)).toBe(hashFile(path));
  });

  test.runIf(process.platform === 'linux')('files in /proc, whose size is 0', () => {
    const said = execFileSync('sha256sum', ['/proc/version'], { encoding: 'utf8' });
    expect(hashFile('/proc/version')).toBe(said.slice(0, 64));
  });
});

const pathOf = (name: string) => ({ path: at(name) });

describe('refuses', () => {
  test('a missing file, with the platform’s error', () => {
    expect(() => hashFile(at('none'))).toThrow(
      expect.objectContaining({ code: 'ENOENT', ...pathOf('none') }),
    );
  });

  test('a directory', () => {
    mkdirSync(at('directory'));
    expect(() => hashFile(at('directory'))).toThrow(
      expect.objectContaining({ code: 'EISDIR', ...pathOf('directory') }),
    );
  });

  test.runIf(process.platform !== 'win32')('a file that may not be read', () => {
    const path = file('secret', 'x');
    chmodSync(path, 0);
    const refused = expect.objectContaining({ code: 'EACCES', path });
    // Root reads everything, so it is nobody for the moment.
    const root = process.geteuid?.() === 0;
    if (root) process.seteuid?.(65_534);
    try {
      expect(() => hashFile(path)).toThrow(refused);
    } finally {
      if (root) process.seteuid?.(0);
    }
  });

  test.runIf(process.platform !== 'win32')('a pipe that nobody writes to, at once', () => {
    execFileSync('mkfifo', [at('fifo')]);
    expect(() => hashFile(at('fifo'))).toThrow(
      expect.objectContaining({ code: 'ERR_MILLRACE_NOT_A_REGULAR_FILE', ...pathOf('fifo') }),
    );
  });

  test.runIf(process.platform !== 'win32')('a socket and a device', async () => {
    const server = createServer().listen(at('socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      expect(() => hashFile(at('socket'))).toThrow(
        expect.objectContaining({ code: 'ERR_MILLRACE_NOT_A_REGULAR_FILE' }),
      );
    } finally {
      server.close();
    }
    expect(() => hashFile('/dev/zero')).toThrow(
      expect.objectContaining({ code: 'ERR_MILLRACE_NOT_A_REGULAR_FILE' }),
    );
  });

  test('an unknown algorithm, by name and with the way to list them', () => {
    const refused = expect.objectContaining({
      code: 'ERR_MILLRACE_UNKNOWN_ALGORITHM',
      message: expect.stringMatching(/"md99".*crypto\.getHashes\(\)/),
    });
    expect(() => hashBytes('x', 'md99')).toThrow(refused);
    expect(() => hashFile(file('alg', 'x'), 'md99')).toThrow(refused);
    expect(() => hashFile(file('alg-empty', ''), 'md99')).toThrow(refused);
  });

  test('bytes of a wrong type, without blaming the algorithm', () => {
    expect(() => hashBytes(1 as never, 'SHA256')).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
    );
  });

  describe('a file that changes while it is read:', () => {
    const large = 2 * bufferSize;
    test.each([
      ['grown', 100, (path: string) => writeFileSync(path, 'more', { flag: 'a' })],
      ['cut short', 100, (path: string) => truncate(path, 10)],
      ['grown, large', large, (path: string) => writeFileSync(path, 'more', { flag: 'a' })],
      ['cut short, large', large, (path: string) => truncate(path, 10)],
      ['rewritten in the same size', 100, rewrite],
    ])('%s', (name, size, change) => {
      const path = file(`changing ${name}`, randomBytes(size));
      utimesSync(path, 1, 1);
      fs.afterRead = () => change(path);
      expect(() => hashFile(path)).toThrow(
        expect.objectContaining({ code: 'ERR_MILLRACE_FILE_CHANGED', path }),
      );
    });
  });
});

function truncate(path: string, size: number): void {
  const opened = openSync(path, 'r+');
  ftruncateSync(opened, size);
  closeSync(opened);
}

function rewrite(path: string): void {
  writeFileSync(path, randomBytes(100), { flag: 'r+' });
}
