import type { ExecutorHistory, KnownFunction, Step } from './history.ts';

/** What the page shows: one executor, in a window of some seconds that ends at `now`. */
export interface View {
  readonly history: ExecutorHistory;
  readonly functions: readonly KnownFunction[];
  /** The right edge of the charts, in milliseconds on the server's wall clock. */
  readonly now: number;
  readonly windowMs: number;
  /** Steps in the window, oldest first. */
  readonly steps: readonly Step[];
  readonly latest: Step;
}

export const functionName = ({ functions }: Pick<View, 'functions'>, slot: number): string =>
  functions[slot]?.name ?? 'others';

/** Mean of a figure over the last `ms` milliseconds of the view. */
export function recent(view: View, read: (step: Step) => number, ms: number = 1000): number {
  const steps = view.steps.filter((step) => step.at > view.latest.at - ms);
  return steps.length === 0 ? 0 : steps.reduce((sum, step) => sum + read(step), 0) / steps.length;
}

/** Sum of a count per second, over the last `ms` milliseconds of the view. */
export function perSecond(view: View, read: (step: Step) => number, ms: number = 1000): number {
  const steps = view.steps.filter((step) => step.at > view.latest.at - ms);
  const spanMs = steps.reduce((sum, step) => sum + step.spanMs, 0);
  return spanMs === 0 ? 0 : (steps.reduce((sum, step) => sum + read(step), 0) * 1000) / spanMs;
}
