import { spawn } from 'node:child_process';
import type { ChildProcess, ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

export interface CliResult {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Starts the built command line. */
export function startCli(
  args: readonly string[],
  cwd?: string,
  nodeFlags: readonly string[] = [],
): ChildProcessByStdio<Writable, Readable, Readable> {
  return spawn(process.execPath, [...nodeFlags, main, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(cwd && { cwd }),
  });
}

/** Runs it to its end. */
export function runCli(
  args: readonly string[],
  input: string | Buffer = '',
  cwd?: string,
  nodeFlags: readonly string[] = [],
): Promise<CliResult> {
  const child = startCli(args, cwd, nodeFlags);
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  return new Promise((resolve) => {
    child.on('close', (code) => {
      resolve({ code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() });
    });
  });
}

export function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('exit', resolve));
}
