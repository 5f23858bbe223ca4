import { clusterStatus } from '../../cluster/status.ts';
import type { ClusterStatus } from '../../cluster/status.ts';
import { InvalidOptionError } from '../../index.ts';
import { exitCodes } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { printable } from '../../base/printable.ts';
import { UsageError } from '../usage-error.ts';
import type { StatusArguments } from './status-arguments.ts';

/** `millrace cluster status`: prints the hosts and programs of a queue, and its backlog. */
export async function status({ json, ...place }: StatusArguments): Promise<ExitCode> {
  const found = await clusterStatus(place).catch((error: unknown) => {
    throw error instanceof InvalidOptionError ? new UsageError(error.message) : error;
  });
  const text = json ? `${JSON.stringify(found)}\n` : statusText(found);
  await new Promise((resolve) => process.stdout.write(text, resolve));
  return exitCodes.ok;
}

function statusText({ queue, redis, threads, backlogSeconds, hosts, producers }: ClusterStatus): string {
  const backlog = backlogSeconds === undefined ? 'backlog unknown' : `backlog ${backlogSeconds} s`;
  const head = `queue ${queue} (${redis}): ${count(hosts.length, 'host')}, ${count(threads, 'thread')}, ${backlog}`;
  const hostRows = hosts.map((host) => [
    `${host.machine}:${host.pid}`,
    String(host.threads),
    host.node,
    `${host.heardAgoMs / 1000} s`,
    host.unfit === undefined ? (host.leaving ? 'leaving' : 'ok') : host.unfit,
    Object.entries(host.modules)
      .map(([name, digest]) => `${name} ${digest.slice(0, 8)}`)
      .join(', '),
  ]);
  const producerRows = producers.map(({ name, pending, backlogMs }) => [
    name,
    String(pending),
    backlogMs === null ? '?' : `${backlogMs / 1000} s`,
  ]);
  return [
    head,
    ...table(['HOST', 'THREADS', 'NODE', 'HEARD', 'STATE', 'MODULES'], hostRows),
    ...table(['PROGRAM', 'PENDING', 'WORK'], producerRows),
    '',
  ].join('\n');
}

const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const all = [head, ...rows.map((row) => row.map(printable))];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return [
    '',
    ...all.map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    ),
  ];
}
