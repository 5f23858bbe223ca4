import { toPrintable } from '../byte-path.ts';
import type { BytePath } from '../byte-path.ts';
import type { Given } from '../given.ts';
import { duration, fileName, integer, positiveInteger, taskTarget, text, workers } from '../option-values.ts';
import type { TaskTarget } from '../task-target.ts';
import { UsageError } from '../usage-error.ts';

/** When enough lines have ended so, begin no more; `now` ends those that run as well. */
export interface HaltRule {
  readonly when: 'soon' | 'now';
  readonly what: 'fail' | 'success' | 'done';
  readonly count: number;
  /** As it was given, for messages. */
  readonly text: string;
}

export interface JobLogArguments {
  readonly file: BytePath;
  /** Which lines that it lists are passed over; with neither the file begins anew. */
  readonly resume: 'all' | 'succeeded' | undefined;
}

export interface MapArguments {
  readonly target: TaskTarget;
  /** As it was given. */
  readonly name: BytePath;
  readonly input: BytePath | undefined;
  readonly ordered: boolean;
  readonly outcomes: boolean;
  /** Calls for a line at the most. */
  readonly attempts: number;
  readonly timeoutMs: number | undefined;
  readonly halt: HaltRule | undefined;
  readonly joblog: JobLogArguments | undefined;
  readonly workers: number | undefined;
}

/** @throws {UsageError} that names what is wrong. */
export function mapArguments({ operands, values }: Given): MapArguments {
  return {
    target: taskTarget(operands, 'map'),
    name: operands[0] ?? '',
    input: text(values, 'input'),
    ordered: values.has('ordered'),
    outcomes: values.has('outcomes'),
    attempts: integer(values, 'retries') ?? 1,
    timeoutMs: duration(values, 'timeout'),
    halt: halt(values),
    joblog: joblog(values),
    workers: workers(values),
  };
}

function halt(values: Given['values']): HaltRule | undefined {
  const given = text(values, 'halt');
  if (given === undefined || given === 'never') return undefined;
  const [, when, what, digits = ''] = /^(soon|now),(fail|success|done)=(\d+)$/.exec(given) ?? [];
  const count = positiveInteger(digits);
  if (count === undefined) {
    const forms = 'never, or soon or now with a number of lines (soon,fail=1)';
    throw new UsageError(`--halt must be ${forms}, not '${toPrintable(given)}'`);
  }
  return { when: when as HaltRule['when'], what: what as HaltRule['what'], count, text: given };
}

function joblog(values: Given['values']): JobLogArguments | undefined {
  const file = fileName(values, 'joblog');
  const resume = ['resume', 'resume-failed'].find((option) => values.has(option));
  if (file === undefined) {
    if (resume !== undefined) throw new UsageError(`--${resume} needs --joblog`);
    return undefined;
  }
  // With both, failed lines are to be called again.
  if (values.has('resume-failed')) return { file, resume: 'succeeded' };
  return { file, resume: resume === undefined ? undefined : 'all' };
}
