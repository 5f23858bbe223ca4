/** The level of water that is poured over steps: it covers the lowest steps first. Infinity without a step. */
export function waterLevel(steps: readonly number[], water: number): number {
  let level = Infinity;
  let sum = water;
  for (const [index, step] of steps.toSorted((a, b) => a - b).entries()) {
    sum += step;
    level = Math.min(level, sum / (index + 1));
  }
  return level;
}
