import type { Figures } from './figures.ts';
import { amount, percent } from './format.ts';
import type { Knee } from './knee.ts';

const headings = ['workers', 'outstanding', 'tasks/s', 'p50 ms', 'p99 ms', 'CPUs', 'spread'];

/** Formats one line for each setting, with marks at the knee and at the best. */
export function table(all: readonly Figures[], { knee, best }: Knee): string {
  const rows = all.map((each) => [
    String(each.workers),
    String(each.outstanding),
    amount(each.perSecond),
    amount(each.p50Ms),
    amount(each.p99Ms),
    amount(each.cpus),
    each.spread === undefined ? '' : percent(each.spread),
    each === knee ? '← knee' : each === best ? '← best' : '',
  ]);
  const lines = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  return lines
    .map((cells) =>
      cells
        .map((cell, column) => cell.padStart(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
