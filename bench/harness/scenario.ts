import type { Contender } from '../pools/contender.ts';

/** One line of the report: a figure for each contender. */
export interface Row {
  readonly scenario: string;
  readonly unit: string;
  readonly higherIsBetter: boolean;
  readonly figures: Readonly<Record<string, number>>;
}

export interface Setting {
  /** Started and warm. */
  readonly contenders: readonly Contender[];
  readonly threads: number;
  readonly rounds: number;
  /** How long one contender's turn is, where a scenario is a matter of time. */
  readonly turnMs: number;
  /** Long forms: ten million tasks, 100,000 files, files of 256 MiB. */
  readonly full: boolean;
}

export type Scenario = (setting: Setting) => Promise<Row[]>;

export function row(
  scenario: string,
  unit: string,
  higherIsBetter: boolean,
  figures: Iterable<readonly [string, number]>,
): Row {
  return { scenario, unit, higherIsBetter, figures: Object.fromEntries(figures) };
}
