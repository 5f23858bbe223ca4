import { toPrintable } from '../byte-path.ts';
import type { BytePath } from '../byte-path.ts';
import type { Given } from '../given.ts';
import { duration, fileName, integer, positiveInteger, taskTarget, text, workers } from '../option-values.ts';
import type { FunctionName } from '../task-target.ts';
import { UsageError } from '../usage-error.ts';

/** After `count` lines that ended as `what` says, no more lines are begun; `now` also ends the running calls. */
export interface HaltRule {
  readonly when: 'soon' | 'now';
  readonly what: 'fail' | 'success' | 'done';
  readonly count: number;
  /** The value as given, for messages. */
  readonly text: string;
}

export interface JobLogArguments {
  readonly file: BytePath;
  /** Which of the logged lines are skipped: all, or those that succeeded. If undefined, the log is overwritten. */
  readonly resume: 'all' | 'succeeded' | undefined;
}

export interface MapArguments {
  readonly target: FunctionName;
  /** `MODULE#EXPORT` as given, for the log. */
  readonly name: BytePath;
  readonly input: BytePath | undefined;
  readonly ordered: boolean;
  readonly outcomes: boolean;
  /** Calls for a line at most, from 1. */
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
  // If both options are given, failed lines are called again.
  if (values.has('resume-failed')) return { file, resume: 'succeeded' };
  return { file, resume: resume === undefined ? undefined : 'all' };
}
