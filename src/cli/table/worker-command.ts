import { clusterOptions } from './cluster-options.ts';
import { watchOptions, workersOption } from './command.ts';
import type { CommandSpec } from './command.ts';

export const workerCommand: CommandSpec = {
  name: 'worker',
  summary: 'run tasks of programs on other machines, as a host of a cluster',
  synopsis: ['[OPTION]... --queue NAME --tasks MODULE'],
  text: [
    'Takes tasks from a queue in Redis, runs them on all cores, and sends the results back. Runs only functions of the modules ' +
      'that --tasks names. Needs the packages bullmq and ioredis, and a secret that programs and hosts share: ' +
      "'openssl rand -base64 32 > secret' makes one.",
    'SIGTERM makes the host leave: it takes no more tasks, gives back those that it has not begun, and waits for those that ' +
      'run. A second SIGTERM ends it at once.',
  ],
  options: [
    {
      name: 'tasks',
      short: 't',
      value: 'MODULE',
      repeats: true,
      completes: 'file',
      text:
        'a task module whose functions may run: a path, named after its package.json, or NAME=PATH; may be given several times. ' +
        'millrace/tasks stands for the modules of this package',
    },
    ...clusterOptions,
    { name: 'insecure', text: 'use no secret, and run what anyone writes to Redis' },
    { name: 'allow-inline', text: 'also run functions that inline() sends as source' },
    { name: 'strict', text: "refuse tasks of a module whose file differs from the program's" },
    {
      name: 'grace',
      value: 'TIME',
      text: 'how long running tasks may take to end after SIGTERM: seconds, or with ms, s, m, h or d; default: 25s',
    },
    {
      name: 'lock',
      value: 'TIME',
      text: 'other hosts take over the tasks of this one if it is not heard of for TIME; default: 15s',
    },
    {
      name: 'health',
      value: '[HOST:]PORT',
      text: 'serve /live, /ready and /metrics over HTTP, without HOST for this machine only; /metrics needs the package prom-client',
    },
    workersOption,
    ...watchOptions,
  ],
  examples: [
    {
      line: 'millrace worker --queue thumbs --tasks ./work.js --secret-file secret',
      text: 'a host for the functions of work.js, with Redis on this machine',
    },
    {
      line: 'millrace worker -q thumbs -t millrace/tasks --health 0.0.0.0:9090',
      text: 'the ready-made tasks; Redis and the secret from the environment',
    },
  ],
};
