/** Errors whose second rejection has not happened yet. */
const awaited = new Set<unknown>();

function listener(reason: unknown): void {
  // With a listener Node leaves all rejections to it: rethrow the others, so that they end the thread as without a listener.
  if (!awaited.has(reason) && process.listenerCount('unhandledRejection') === 1) throw reason;
}

/**
 * When a module imports a CommonJS module that throws, Node rejects two promises with the error: that of `import()`, and an internal
 * one that no code can handle (Node 20 to 26). The second would end the thread, although the task already fails with the error.
 *
 * Call this in the microtask that receives the error, or in a later one of the same turn.
 */
export function ignoreTwin(error: unknown): void {
  // One listener, however many tasks fail because of the same module.
  if (awaited.size === 0) process.on('unhandledRejection', listener);
  awaited.add(error);
  setImmediate(() => {
    if (awaited.delete(error) && awaited.size === 0) process.off('unhandledRejection', listener);
  });
}
