import { readdirSync, readFileSync } from 'node:fs';

/** What the system says of this process's file descriptors. */
export interface OpenFileFacts {
  readonly limit: number;
  /** 0 where nobody tells: on Windows. */
  readonly open: number;
}

/** The table of descriptors of the C library that Node uses on Windows. No `ulimit` there, but EMFILE all the same. */
const onWindows = 8192;

/** Without a limit: what Node itself takes for enough when it raises its own. A number, because limits are to be passed on. */
const unlimited = 2 ** 20;

/**
 * Node raises the soft limit to the hard one when it starts, so this may be more than `ulimit -n` says in the shell. On Linux
 * it is in /proc; elsewhere the diagnostic report has it, which takes a few milliseconds.
 */
export function openFileFacts(): OpenFileFacts {
  const limit = process.platform === 'win32' ? onWindows : (limitFromProc() ?? limitFromReport());
  return { limit: limit ?? unlimited, open: openNow() };
}

/** How many operations that hold `each` descriptors fit, at least 1. */
export function operationsWithin({ limit, open }: OpenFileFacts, headroom: number, each: number): number {
  return Math.max(1, Math.floor((limit - open - headroom) / each));
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
