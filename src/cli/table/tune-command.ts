import { watchOptions } from './command.ts';
import type { CommandSpec } from './command.ts';

export const tuneCommand: CommandSpec = {
  name: 'tune',
  summary: 'measure a function, and advise which limits to set',
  synopsis: ['[OPTION]... MODULE[#EXPORT]'],
  text: [
    'Measures throughput and latency of a function at growing numbers of workers and of outstanding tasks, and advises ' +
      'which to set. Repeats the lines of JSON as often as needed. A task that fails ends the measurement, so give it lines ' +
      'that succeed.',
  ],
  completes: 'file',
  options: [
    { name: 'input', value: 'FILE', completes: 'file', text: 'read from FILE; default: standard input' },
    {
      name: 'max-workers',
      value: 'N',
      text: 'the most workers to try; default: twice the CPUs that this process may use',
    },
    { name: 'seconds', value: 'S', text: 'seconds that one measurement takes; default: 1' },
    {
      name: 'rounds',
      value: 'R',
      text: 'measurements of each setting, of which the median is printed; default: 3',
    },
    {
      name: 'svg',
      value: 'FILE',
      completes: 'file',
      writes: true,
      text: 'draw the curves to FILE; needs the package echarts',
    },
    { name: 'json', value: 'FILE', completes: 'file', writes: true, text: 'write all figures to FILE' },
    ...watchOptions,
  ],
  examples: [
    { line: 'millrace tune work.mjs#parse --input documents', text: 'with the documents of a file' },
  ],
};
