import type { BytePath } from '../byte-path.ts';
import type { Given } from '../given.ts';
import { fileName, integer, positive, taskTarget, text } from '../option-values.ts';
import type { FunctionName } from '../task-target.ts';

export interface TuneArguments {
  readonly target: FunctionName;
  readonly input: BytePath | undefined;
  readonly maxWorkers: number | undefined;
  /** Duration of one measurement, above 0 and up to 3600. */
  readonly seconds: number;
  /** Number of times that each setting is measured. */
  readonly rounds: number;
  /** Files to write. */
  readonly svg: BytePath | undefined;
  readonly json: BytePath | undefined;
}

/** @throws {UsageError} that names what is wrong. */
export function tuneArguments({ operands, values }: Given): TuneArguments {
  return {
    target: taskTarget(operands, 'tune'),
    input: text(values, 'input'),
    maxWorkers: integer(values, 'max-workers'),
    seconds: positive(values, 'seconds', 3600) ?? 1,
    rounds: integer(values, 'rounds') ?? 3,
    svg: fileName(values, 'svg'),
    json: fileName(values, 'json'),
  };
}
