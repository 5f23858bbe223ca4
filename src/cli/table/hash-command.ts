import { fileWatchOptions, workersOption } from './command.ts';
import type { CommandSpec } from './command.ts';

/** Algorithms that help and completion offer; others of node:crypto work, too. */
export const algorithms: readonly string[] = [
  'sha256',
  'sha512',
  'sha384',
  'sha224',
  'sha1',
  'md5',
  'sha3-256',
  'sha3-512',
  'blake2b512',
  'blake2s256',
  'blake3',
  'xxh32',
  'xxh64',
  'xxh3',
  'xxh128',
];

export const hashCommand: CommandSpec = {
  name: 'hash',
  summary: 'print or check digests of files, as sha256sum does',
  synopsis: ['[OPTION]... [PATH]...', '--check [OPTION]... [FILE]...'],
  text: [
    "Prints a digest for each file. Walks a directory in the order of 'find PATH -type f | LC_ALL=C sort', and skips " +
      'symbolic links and special files in it. Without PATH, or where PATH is -, reads standard input.',
    'With --check, reads lists of digests from each FILE (or standard input), with or without --tag, and verifies them. ' +
      'A list of another algorithm than sha256 needs -a.',
  ],
  completes: 'file',
  options: [
    {
      name: 'algorithm',
      short: 'a',
      value: 'NAME',
      completes: algorithms,
      text:
        'any hash algorithm of node:crypto (sha512, sha3-256, md5, …), or blake3, xxh32, xxh64, xxh3, xxh128, which need ' +
        'the package hash-wasm; default: sha256',
    },
    {
      name: 'binary',
      short: 'b',
      text: 'mark each name with * as read in binary mode; the digest is the same',
    },
    { name: 'text', short: 't', text: 'mark each name with a blank; this is the default' },
    { name: 'tag', text: "print lines that name the algorithm, as BSD's tools do: SHA256 (file) = digest" },
    {
      name: 'zero',
      short: 'z',
      text: 'end each printed line with NUL instead of a newline, and escape no names; not with --check',
    },
    { name: 'json', text: 'print one JSON object per line: path, algorithm, digest; not with --check' },
    { name: 'check', short: 'c', text: 'verify the digests that each FILE lists' },
    { name: 'ignore-missing', text: 'with --check: skip listed files that do not exist' },
    { name: 'quiet', text: 'with --check: print no OK for files that match' },
    {
      name: 'status',
      text: 'with --check: report only files that cannot be read; the exit code tells the result',
    },
    { name: 'strict', text: 'with --check: fail if a line is improperly formatted' },
    { name: 'warn', short: 'w', text: 'with --check: report each line that is improperly formatted' },
    workersOption,
    ...fileWatchOptions,
  ],
  examples: [
    { line: 'millrace hash photos > SHA256SUMS', text: 'the digests of a tree' },
    { line: 'millrace hash -c --quiet SHA256SUMS', text: 'which of its files have changed?' },
    { line: 'tar c src | millrace hash -a blake3', text: 'the digest of a stream' },
    {
      line: "find . -name '*.iso' -print0 | xargs -0r millrace hash",
      text: 'the digests of files that another program names',
    },
  ],
};
