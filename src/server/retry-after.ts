/**
 * The value of a `Retry-After` header (RFC 9110, section 10.2.3): whole seconds, at least 1.
 *
 * Callers who were refused together must not come back together, so each is told a time drawn evenly from once to twice
 * the expected one.
 *
 * @param expectedMs milliseconds until there is room again; undefined if nobody knows, which counts as a second.
 * @param random replaced in tests.
 */
export function retryAfterSeconds(
  expectedMs: number | undefined,
  random: () => number = Math.random,
): number {
  const seconds = Math.max(1, Math.ceil((expectedMs ?? 0) / 1000));
  return seconds + Math.floor(random() * (seconds + 1));
}
