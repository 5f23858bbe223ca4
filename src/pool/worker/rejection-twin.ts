/**
 * When a module imports a CommonJS one that throws, Node rejects two promises with the error: that of `import()`, and one of its
 * own that nobody can handle (Node 20 to 26). The second would end the thread, though a task has been told.
 *
 * To be called before the microtasks are through that have brought the error.
 */
export function ignoreTwin(error: unknown): void {
  const listener = (reason: unknown): void => {
    // With a listener Node leaves all rejections to it, and others are to be what they would be without.
    if (!Object.is(reason, error) && process.listenerCount('unhandledRejection') === 1) throw reason;
  };
  process.on('unhandledRejection', listener);
  setImmediate(() => process.off('unhandledRejection', listener));
}
