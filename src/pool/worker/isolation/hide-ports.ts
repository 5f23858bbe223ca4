import process from 'node:process';
import { MessagePort } from 'node:worker_threads';

/**
 * Makes `process._getActiveHandles` leave out ports: a task could close the ports that its thread, Piscina or Node needs, and a message
 * that it posts on Piscina's or Node's would be an uncaught error of the main thread.
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
