// The pools under test, each with its defaults but for the number of threads, behind one interface:
// run(name, argument, limitMs) and close(). `limitMs` is the pool's own means against a task that never ends.
import { fileURLToPath } from 'node:url';

const file = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Options of `new Worker()` that a case asks for, without those that it does not. */
const given = ({ resourceLimits, execArgv }) => ({
  ...(resourceLimits && { resourceLimits }),
  ...(execArgv && { execArgv }),
});

export const pools = {
  async millrace({ threads, exits, ...options }) {
    const { Executor, tasks } = await import('millrace');
    const executor = new Executor({ workers: threads, ...given(options) });
    const work = tasks(new URL('./tasks.mjs', import.meta.url));
    const dying = tasks(new URL('./exits.mjs', import.meta.url));
    return {
      run: (name, argument, limitMs) =>
        executor.run(
          exits && name === 'echo' && argument === 'culprit' ? dying.echo(argument) : work[name](argument),
          limitMs === undefined ? {} : { timeoutMs: limitMs },
        ),
      close: () => executor.shutdown({ mode: 'kill' }),
      drain: () => executor.shutdown(),
    };
  },

  async piscina({ threads, exits, ...options }) {
    const { Piscina } = await import('piscina');
    const filename = file('tasks.mjs');
    const pool = new Piscina({ filename, minThreads: threads, maxThreads: threads, ...given(options) });
    return {
      run: (name, argument, limitMs) =>
        pool.run(argument, {
          name,
          ...(exits && argument === 'culprit' && { filename: file('exits.mjs') }),
          ...(limitMs !== undefined && { signal: AbortSignal.timeout(limitMs) }),
        }),
      close: () => pool.destroy(),
      drain: () => pool.close(),
    };
  },

  async tinypool({ threads, exits, ...options }) {
    const { Tinypool } = await import('tinypool');
    const filename = new URL('./tasks.mjs', import.meta.url).href;
    const pool = new Tinypool({ filename, minThreads: threads, maxThreads: threads, ...given(options) });
    return {
      run: (name, argument, limitMs) =>
        pool.run(argument, {
          name,
          ...(exits && argument === 'culprit' && { filename: new URL('./exits.mjs', import.meta.url).href }),
          ...(limitMs !== undefined && { signal: AbortSignal.timeout(limitMs) }),
        }),
      close: () => pool.destroy(),
    };
  },

  async poolifier({ threads, ...options }) {
    const { FixedThreadPool } = await import('poolifier');
    const pool = new FixedThreadPool(threads, file('poolifier-worker.mjs'), {
      workerOptions: given(options),
    });
    return {
      run: (name, argument, limitMs) =>
        pool.execute(argument, name, limitMs === undefined ? undefined : AbortSignal.timeout(limitMs)),
      close: () => pool.destroy(),
      drain: () => pool.destroy(),
    };
  },

  async workerpool({ threads, ...options }) {
    const { default: workerpool } = await import('workerpool');
    const pool = workerpool.pool(file('workerpool-worker.mjs'), {
      workerType: 'thread',
      minWorkers: threads,
      maxWorkers: threads,
      workerThreadOpts: given(options),
    });
    return {
      run: (name, argument, limitMs) => {
        const promise = pool.exec(name, [argument]);
        return Promise.resolve(limitMs === undefined ? promise : promise.timeout(limitMs));
      },
      close: () => pool.terminate(true),
      drain: () => pool.terminate(),
    };
  },
};
