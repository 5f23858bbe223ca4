/** Milliseconds between two attempts to reach Redis. */
const retryMs = 500;

/** Asks Redis until it answers; resolves to undefined once `isOver()`. */
export async function answerOf<T>(ask: () => Promise<T>, isOver: () => boolean): Promise<T | undefined> {
  for (;;) {
    try {
      return await ask();
    } catch {
      if (isOver()) return undefined;
      await new Promise((resolve) => setTimeout(resolve, retryMs).unref());
    }
  }
}
