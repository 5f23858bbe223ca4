import { readFileSync } from 'node:fs';

/** Exists in Node 24 and later. */
const { threadCpuUsage } = process as unknown as {
  threadCpuUsage?: () => { readonly user: number; readonly system: number };
};

/**
 * Processor time of this thread, in milliseconds; undefined where the system does not tell. It differs from the busy time of the
 * event loop, which includes waits for a processor.
 */
export function ownCpuMs(): number | undefined {
  if (threadCpuUsage !== undefined) {
    const { user, system } = threadCpuUsage();
    return (user + system) / 1000;
  }
  try {
    // Linux: nanoseconds come first. 0 if the kernel does not count them.
    return parseInt(readFileSync('/proc/thread-self/schedstat', 'latin1'), 10) / 1e6 || undefined;
  } catch {
    return undefined;
  }
}
