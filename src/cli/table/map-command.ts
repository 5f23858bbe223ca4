import { lineWatchOptions, workersOption } from './command.ts';
import type { CommandSpec } from './command.ts';

export const mapCommand: CommandSpec = {
  name: 'map',
  summary: 'call a function with each line of JSON, on all cores',
  synopsis: ['[OPTION]... MODULE[#EXPORT]'],
  text: [
    'Calls a function with the value of each line of JSON, and prints each result as a line of JSON, as soon as it is ' +
      'available. MODULE is a path relative to the working directory, or a URL; without #EXPORT, calls the default export. ' +
      'Skips empty lines. Reads lines no faster than it writes results.',
    'The function may be a generator: each value that it yields is printed as a line, and the generator runs no faster than ' +
      'lines are written.',
    'A line that fails is reported on standard error, and prints nothing but what a generator yielded before. So there may be ' +
      'fewer results than lines: --outcomes tells which result belongs to which line.',
  ],
  completes: 'file',
  options: [
    { name: 'input', value: 'FILE', completes: 'file', text: 'read from FILE; default: standard input' },
    {
      name: 'ordered',
      short: 'k',
      alias: 'keep-order',
      text: 'print results in the order of the input',
    },
    {
      name: 'outcomes',
      text:
        'print an object for each line, also for one that fails: {"line":1,"status":"fulfilled","value":…} or ' +
        '{"line":2,"status":"rejected","error":{…}}',
    },
    {
      name: 'retries',
      value: 'N',
      text: 'call the function up to N times for a line, until it succeeds; default: 1',
    },
    {
      name: 'timeout',
      value: 'TIME',
      text: 'fail a call that runs longer than TIME: seconds, or a number with ms, s, m, h or d (500ms, 1.5s, 2m)',
    },
    {
      name: 'halt',
      value: 'WHEN,WHAT',
      completes: ['soon,fail=1', 'now,fail=1', 'soon,success=1', 'now,success=1', 'never'],
      text:
        'after N lines that failed (fail=N), succeeded (success=N) or ended (done=N), begin no more lines, and let those that ' +
        'run end by themselves (soon), or end them (now); default: never. At most --workers lines run at a time then',
    },
    {
      name: 'joblog',
      value: 'FILE',
      completes: 'file',
      writes: true,
      text: 'log each line to FILE, in the format of GNU parallel, once its output is written; replaces FILE, unless --resume is given',
    },
    { name: 'resume', text: 'with --joblog: skip lines that FILE lists, and append to it' },
    {
      name: 'resume-failed',
      text: 'with --joblog: the same, but call the function again for lines that failed',
    },
    workersOption,
    ...lineWatchOptions,
  ],
  examples: [
    { line: 'seq 1000 | millrace map -k work.mjs#square', text: 'a thousand squares, in order' },
    {
      line: 'millrace map work.mjs --input ids --retries 3 --timeout 10s --outcomes',
      text: 'three attempts of ten seconds each; failures are printed as well',
    },
    {
      line: 'millrace map work.mjs --input ids --halt now,fail=3',
      text: 'end at once when three lines have failed',
    },
    { line: 'jq -R . names | millrace map work.mjs#greet', text: 'with lines of text, as strings in JSON' },
    {
      line: 'millrace map work.mjs --input ids --joblog log --resume >> results',
      text: 'continue where the last run ended, however it ended',
    },
  ],
};
