import { readdirSync, readFileSync } from 'node:fs';

/** The file descriptors of this process, as the system reports them. */
export interface OpenFileFacts {
  readonly limit: number;
  /** Number of open descriptors; 0 where the system does not tell: on Windows. */
  readonly open: number;
}

/** Size of the descriptor table of Node's C library on Windows. There is no `ulimit` there, but EMFILE all the same. */
const onWindows = 8192;

/** In the place of no limit: the value up to which Node raises its own. A finite number, because callers pass limits on. */
const unlimited = 2 ** 20;

/**
 * Reads the limit from /proc on Linux, elsewhere from the diagnostic report, which is slower. Node raises the soft limit to the
 * hard one when it starts, so the limit may be more than `ulimit -n` says in the shell.
 */
export function openFileFacts(): OpenFileFacts {
  const limit = process.platform === 'win32' ? onWindows : (limitFromProc() ?? limitFromReport());
  return { limit: limit ?? unlimited, open: openNow() };
}

/** The number of operations that fit if each holds `each` descriptors; at least 1. */
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
