import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { toPrintable, toSystem } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';
import { separator } from './given.ts';
import type { Given } from './given.ts';
import type { OptionSpec } from './table/command.ts';
import { UsageError } from './usage-error.ts';

/** An option, and a file that it names. */
interface Named {
  readonly option: OptionSpec;
  readonly path: BytePath;
}

/**
 * Checks that no option overwrites a file which the command reads, or which another option writes.
 *
 * @throws {UsageError} that names the option and the file.
 */
export function checkOverwrites({ operands, values }: Given, options: readonly OptionSpec[]): void {
  const named = options.flatMap((option): Named[] => {
    const value = values.get(option.name);
    if (option.completes !== 'file' || typeof value !== 'string') return [];
    return value.split(separator).map((path) => ({ option, path }));
  });
  for (const { option, path } of named.filter((each) => each.option.writes === true)) {
    const isSame = sameAs(path);
    const refuse = (what: string) =>
      new UsageError(`--${option.name} ${toPrintable(path)} would overwrite ${what}`);
    for (const other of named)
      if (other.option !== option && isSame(other.path)) throw refuse(`the FILE of --${other.option.name}`);
    // An operand may be a function of a module.
    const read = operands.find((operand) => isSame(operand) || isSame(operand.replace(/#[^#]*$/, '')));
    if (read !== undefined) throw refuse(`'${toPrintable(read)}', which is read`);
  }
}

/** Two names of one regular file are the same, and two equal names of a file that does not exist. */
function sameAs(path: BytePath): (other: BytePath) => boolean {
  const file = statOf(path);
  return (other) => {
    if (file === undefined) return resolve(path) === resolve(other);
    if (!file.isFile()) return false;
    const found = statOf(other);
    return found !== undefined && found.ino === file.ino && found.dev === file.dev;
  };
}

function statOf(path: BytePath) {
  try {
    return statSync(toSystem(path), { bigint: true });
  } catch {
    return undefined;
  }
}
