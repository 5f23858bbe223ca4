import { curves } from './curve.ts';
import { amount, milliseconds } from './format.ts';
import type { Findings } from './measure.ts';
import { table } from './table.ts';
import { describeLoad } from './warnings.ts';

/**
 * Formats what is printed: the table, the curves, the advice, the load of the machine and warnings.
 *
 * @param columns width of the terminal; 80 if undefined or 0.
 */
export function textReport(findings: Findings, columns: number | undefined): string {
  const { figures, found, advice, circumstances, warnings } = findings;
  const { workers, maxPending, window, reasons } = advice;
  const { perSecond, p50Ms, p99Ms } = found.knee;
  return `${[
    table(figures, found),
    curves(figures, found, columns || 80),
    `Set new Executor({ workers: ${workers}, maxPending: ${maxPending} }), or window: ${window} for asCompleted() and map(); for millrace map: -j ${workers}.`,
    `There ${amount(perSecond)} tasks are done in a second, and a result takes ${milliseconds(p50Ms)} (p50) or ${milliseconds(p99Ms)} (p99).`,
    reasons.join('\n'),
    describeLoad(circumstances.load),
    warnings.map((warning) => `Warning: ${warning}`).join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n')}\n`;
}
