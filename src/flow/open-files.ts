import { readdirSync, readFileSync } from 'node:fs';

/** What the system says of this process's file descriptors. */
export interface OpenFileFacts {
  /** The soft limit; undefined where there is none, or where it can't be read. */
  readonly limit: number | undefined;
  readonly open: number;
}

/**
 * Node raises the soft limit to the hard one when it starts, so this may be more than `ulimit -n` says in the shell. On Linux
 * it is in /proc; elsewhere the diagnostic report has it, which takes a few milliseconds. Windows has no such limit.
 */
export function openFileFacts(): OpenFileFacts {
  return { limit: limitFromProc() ?? limitFromReport(), open: openNow() };
}

/** How many operations that hold `each` descriptors fit, at least 1; `Infinity` without a limit. */
export function operationsWithin({ limit, open }: OpenFileFacts, headroom: number, each: number): number {
  return limit === undefined ? Infinity : Math.max(1, Math.floor((limit - open - headroom) / each));
}

/** The soft limit in a text like /proc/self/limits. */
export function parseLimits(text: string): number | undefined {
  const found = /^Max open files\s+(\d+)/m.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

function limitFromProc(): number | undefined {
  try {
    return parseLimits(readFileSync('/proc/self/limits', 'utf8'));
  } catch {
    return undefined;
  }
}

interface Report {
  readonly userLimits?: { readonly open_files?: { readonly soft?: number | string } };
}

function limitFromReport(): number | undefined {
  const soft = Number((process.report.getReport() as Report).userLimits?.open_files?.soft);
  return Number.isSafeInteger(soft) ? soft : undefined;
}

function openNow(): number {
  for (const folder of ['/proc/self/fd', '/dev/fd']) {
    try {
      // One of them is the folder itself, open while it is read.
      return readdirSync(folder).length - 1;
    } catch {
      // The next one, or none: on Windows.
    }
  }
  return 0;
}
