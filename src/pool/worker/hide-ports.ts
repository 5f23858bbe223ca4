import process from 'node:process';
import { MessagePort } from 'node:worker_threads';

/**
 * `process._getActiveHandles` without ports from now on: with it a task could close those that its thread, Piscina or Node itself
 * needs, and what it posted on those of the latter two would be an uncaught error of the main thread.
 */
export function hidePorts(): void {
  const node = process as unknown as { _getActiveHandles: () => unknown[] };
  const all = node._getActiveHandles.bind(process);
  node._getActiveHandles = () => {
    const handles: unknown[] = [];
    for (const handle of all()) if (!(handle instanceof MessagePort)) handles.push(handle);
    return handles;
  };
}
