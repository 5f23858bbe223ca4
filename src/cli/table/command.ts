export type CommandName = 'hash' | 'map' | 'resize' | 'tune' | 'help' | 'completion' | 'man';

/** What completes the value of an option, or an operand: a file, a directory, one of these words, or nothing known. */
export type Completes = 'file' | 'directory' | readonly string[];

export interface OptionSpec {
  /** Without the dashes. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** A second long name, which other tools have taught. */
  readonly alias?: string;
  /** How the help calls the value; a flag has none. */
  readonly value?: string;
  readonly completes?: Completes;
  /** One or more clauses without a capital and without a full stop at the end. */
  readonly text: string;
}

interface ExampleSpec {
  readonly line: string;
  readonly text: string;
}

/** All that help, completion, the man page and the reference say of a command, and what the parser accepts. */
export interface CommandSpec {
  readonly name: CommandName;
  /** One clause for the list of commands. */
  readonly summary: string;
  /** What follows the command's name, once for each way to call it. */
  readonly synopsis: readonly string[];
  /** Paragraphs. */
  readonly text: readonly string[];
  readonly completes?: Completes;
  readonly options: readonly OptionSpec[];
  readonly examples: readonly ExampleSpec[];
}

export const workersOption: OptionSpec = {
  name: 'workers',
  short: 'j',
  value: 'N',
  text: 'worker threads: N, +N or -N beyond the CPUs that this process may use, or N% of them; default: 100%',
};

/** What each command takes, and the program without one. */
export const commonOptions: readonly OptionSpec[] = [
  { name: 'help', short: 'h', text: 'show this text' },
  { name: 'version', short: 'V', text: 'show the version' },
];
