import type { OptionSpec } from './command.ts';

/** Options that name a queue and give access to it; `worker` and `cluster status` share them. */
export const clusterOptions: readonly OptionSpec[] = [
  { name: 'queue', short: 'q', value: 'NAME', text: 'name of the queue, the same as in its programs' },
  {
    name: 'redis',
    value: 'URL',
    text:
      'address of Redis: redis://USER:PASSWORD@HOST:PORT/DB, or rediss:// with TLS; default: $MILLRACE_REDIS_URL, or ' +
      'redis://127.0.0.1:6379. Other users can read this value in the list of processes',
  },
  { name: 'redis-file', value: 'FILE', completes: 'file', text: 'read the URL of Redis from FILE' },
  {
    name: 'release',
    value: 'NAME',
    text: "release of the program, a part of the queue's name: programs and hosts of another release do not see the queue",
  },
  {
    name: 'secret-file',
    value: 'FILE',
    completes: 'file',
    text:
      'read the secret that programs and hosts share, of at least 16 characters, from the first line of FILE; default: ' +
      '$MILLRACE_SECRET',
  },
];
