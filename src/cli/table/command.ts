export type CommandName =
  | 'hash'
  | 'map'
  | 'resize'
  | 'tune'
  | 'worker'
  | 'cluster'
  | 'help'
  | 'completion'
  | 'man';

/** How a shell completes a value or an operand: with a file, a directory or one of these words. */
export type Completes = 'file' | 'directory' | readonly string[];

export interface OptionSpec {
  /** The long name, without dashes. */
  readonly name: string;
  /** The short name: one letter, without the dash. */
  readonly short?: string;
  /** A second long name, known from other tools. */
  readonly alias?: string;
  /** The name of the value in the help; undefined for a flag. */
  readonly value?: string;
  /** The option may be given several times, and all of its values count. */
  readonly repeats?: true;
  /** The value may be left out; if given, it is written as `--name=VALUE`. */
  readonly optional?: true;
  readonly completes?: Completes;
  /** The command writes the file that the value names. */
  readonly writes?: true;
  /** One or more clauses, without a capital at the start or a full stop at the end. */
  readonly text: string;
}

interface ExampleSpec {
  readonly line: string;
  readonly text: string;
}

/** One command: what the parser accepts, and what help, completion, man page and reference say about it. */
export interface CommandSpec {
  readonly name: CommandName;
  /** One clause for the list of commands. */
  readonly summary: string;
  /** The arguments after the command's name, once for each way to call it. */
  readonly synopsis: readonly string[];
  /** The paragraphs of the help. */
  readonly text: readonly string[];
  readonly completes?: Completes;
  readonly options: readonly OptionSpec[];
  readonly examples: readonly ExampleSpec[];
}

export const workersOption: OptionSpec = {
  name: 'workers',
  short: 'j',
  value: 'N',
  text: 'number of worker threads: N, N more (+N) or fewer (-N) than the CPUs that this process may use, or N% of them; default: 100%',
};

/** The options for the page, the trace and the verdict. `limits` lists what the verdict may name. */
const watchOptionsWith = (limits: string): readonly OptionSpec[] => [
  {
    name: 'inspect',
    value: 'PORT',
    optional: true,
    text: 'serve a live page of what the threads do, for this machine only, and print its address; default: any free port',
  },
  {
    name: 'trace',
    value: 'FILE',
    completes: 'file',
    writes: true,
    text: 'write what the threads do to FILE, for https://ui.perfetto.dev',
  },
  {
    name: 'verdict',
    text: `print at the end, on standard error, what the limit was: ${limits}`,
  },
];

export const watchOptions: readonly OptionSpec[] = watchOptionsWith(
  'threads, processors, or what the functions wait for',
);

/** For commands with a loop over lines. */
export const lineWatchOptions: readonly OptionSpec[] = watchOptionsWith(
  'threads, processors, what the function waits for, input or reader',
);

/** For commands that walk through files. */
export const fileWatchOptions: readonly OptionSpec[] = watchOptionsWith(
  'threads, processors, disk, input or reader',
);

/** Options that each command accepts, and the program without a command. */
export const commonOptions: readonly OptionSpec[] = [
  { name: 'help', short: 'h', text: 'show this text' },
  { name: 'version', short: 'V', text: 'show the version' },
];
