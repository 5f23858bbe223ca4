import { clusterOptions } from './cluster-options.ts';
import type { CommandSpec } from './command.ts';

export const clusterCommand: CommandSpec = {
  name: 'cluster',
  summary: 'show the hosts and programs of a queue',
  synopsis: ['status [OPTION]... --queue NAME'],
  text: [
    'Prints the live hosts of a queue with their threads and task modules, its programs, and how many seconds of work wait. ' +
      'Needs the package ioredis.',
  ],
  completes: ['status'],
  options: [...clusterOptions, { name: 'json', text: 'print one JSON object' }],
  examples: [
    { line: 'millrace cluster status --queue thumbs', text: 'the hosts, the programs and the backlog' },
    {
      line: 'millrace cluster status -q thumbs --json | jq .backlogSeconds',
      text: 'the figure to scale hosts by',
    },
  ],
};
