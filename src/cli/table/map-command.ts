import { workersOption } from './command.ts';
import type { CommandSpec } from './command.ts';

export const mapCommand: CommandSpec = {
  name: 'map',
  summary: 'call a function with each line of JSON, on all cores',
  synopsis: ['[OPTION]... MODULE[#EXPORT]'],
  text: [
    'Calls a function with the value of each line of JSON, and prints each result as a line of JSON, as soon as it is ' +
      'there. MODULE is a path relative to the working directory, or a URL; without #EXPORT its default export is ' +
      'called. Empty lines are left out. Nothing is read faster than results are written.',
    'A line that fails is reported on standard error, and prints nothing, so results stay behind lines: use --outcomes ' +
      'to tell which is which.',
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
      text: 'a call fails that runs longer: seconds, or a number with ms, s, m, h or d (500ms, 1.5s, 2m)',
    },
    {
      name: 'halt',
      value: 'WHEN,WHAT',
      completes: ['soon,fail=1', 'now,fail=1', 'soon,success=1', 'now,success=1', 'never'],
      text:
        'when WHAT is reached, begin no more lines and let those that run end (soon), or end them too (now): fail=N, ' +
        'success=N or done=N lines, or never, the default; at most --workers lines are under way then',
    },
    {
      name: 'joblog',
      value: 'FILE',
      completes: 'file',
      text: "log each line to FILE, in the format of GNU parallel's, once its output has been written",
    },
    { name: 'resume', text: 'with --joblog: pass over lines that FILE lists, and append to it' },
    { name: 'resume-failed', text: 'with --joblog: the same, but call again for lines that failed' },
    workersOption,
  ],
  examples: [
    { line: 'seq 1000 | millrace map -k work.mjs#square', text: 'a thousand squares, in order' },
    {
      line: 'millrace map work.mjs --input ids --retries 3 --timeout 10s --outcomes',
      text: 'three attempts of ten seconds each; failures are printed as well',
    },
    {
      line: 'millrace map work.mjs --input ids --joblog log --resume >> results',
      text: 'goes on where the last run ended, however it ended',
    },
  ],
};
