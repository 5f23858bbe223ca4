/** So many milliseconds of work; 0 is none. */
export function spin(ms) {
  if (ms === 0) return 0;
  const end = performance.now() + ms;
  while (performance.now() < end);
  return ms;
}
