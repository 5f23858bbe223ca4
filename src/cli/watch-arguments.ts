import type { VerdictOptions } from '../inspector/verdict/rule.ts';
import { toPrintable } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';
import type { Values } from './given.ts';
import { fileName } from './option-values.ts';
import type { CommandName } from './table/command.ts';
import { UsageError } from './usage-error.ts';

/** Values of `--inspect`, `--trace` and `--verdict`. */
export interface WatchArguments {
  /** The port of the page, 0 to 65535; 0 chooses a free one. */
  readonly inspect: number | undefined;
  readonly trace: BytePath | undefined;
  readonly verdict: boolean;
  /** What the verdict calls the things that tasks and loops of this command wait for. */
  readonly words: VerdictOptions;
}

const words: Partial<Record<CommandName, VerdictOptions>> = {
  hash: { waitsOn: 'the disk', source: 'the walk through the files or standard input' },
  resize: { waitsOn: 'the disk', source: 'the walk through the files' },
  worker: { waitsOn: 'what the functions wait for', source: 'the queue' },
  map: { waitsOn: 'what the function waits for', source: 'the input' },
};

/** Undefined if none of the three options is given. @throws {UsageError} that names what is wrong. */
export function watchArguments(command: CommandName, values: Values): WatchArguments | undefined {
  const inspect = port(values);
  const trace = fileName(values, 'trace');
  const verdict = values.has('verdict');
  if (inspect === undefined && trace === undefined && !verdict) return undefined;
  return { inspect, trace, verdict, words: words[command] ?? {} };
}

function port(values: Values): number | undefined {
  const given = values.get('inspect');
  if (given === undefined) return undefined;
  if (given === true) return 0;
  const number = Number(given);
  if (/^\d+$/.test(given) && number <= 65_535) return number;
  throw new UsageError(
    `--inspect takes a port from 0 to 65535 (--inspect=9229), not '${toPrintable(given)}'`,
  );
}
