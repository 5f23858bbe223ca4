/** Errors whose twins are to come. */
const awaited = new Set<unknown>();

function listener(reason: unknown): void {
  // With a listener Node leaves all rejections to it, and others are to be what they would be without.
  if (!awaited.has(reason) && process.listenerCount('unhandledRejection') === 1) throw reason;
}

/**
 * When a module imports a CommonJS one that throws, Node rejects two promises with the error: that of `import()`, and one of its
 * own that nobody can handle (Node 20 to 26). The second would end the thread, though a task has been told.
 *
 * To be called before the microtasks are through that have brought the error.
 */
export function ignoreTwin(error: unknown): void {
  // One listener, however many tasks fail by the same module.
  if (awaited.size === 0) process.on('unhandledRejection', listener);
  awaited.add(error);
  setImmediate(() => {
    if (awaited.delete(error) && awaited.size === 0) process.off('unhandledRejection', listener);
  });
}
