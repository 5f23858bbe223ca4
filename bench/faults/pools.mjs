// The pools under test, each with its defaults but for the number of threads, behind one interface:
// run(name, argument, limitMs), close() and drain(). `limitMs` is the pool's own means against a task that never ends.
import { fileURLToPath } from 'node:url';

const file = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Options of `new Worker()` that a case asks for, without those that it does not. */
const given = ({ resourceLimits, execArgv }) => ({
  ...(resourceLimits && { resourceLimits }),
  ...(execArgv && { execArgv }),
});

const signalAfter = (limitMs) => (limitMs === undefined ? undefined : AbortSignal.timeout(limitMs));

/** Piscina, or Tinypool, which is a fork of it. */
function likePiscina(Pool, { threads, exits, ...options }) {
  const filename = file('tasks.mjs');
  const pool = new Pool({ filename, minThreads: threads, maxThreads: threads, ...given(options) });
  return {
    run: (name, argument, limitMs) =>
      pool.run(argument, {
        name,
        signal: signalAfter(limitMs),
        ...(exits && argument === 'culprit' && { filename: file('exits.mjs') }),
      }),
    close: () => pool.destroy(),
    // Tinypool has no such method, and the cases ask it for none.
    drain: () => pool.close(),
  };
}

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

  piscina: async (options) => likePiscina((await import('piscina')).Piscina, options),
  tinypool: async (options) => likePiscina((await import('tinypool')).Tinypool, options),

  async poolifier({ threads, ...options }) {
    const { FixedThreadPool } = await import('poolifier');
    const pool = new FixedThreadPool(threads, file('poolifier-worker.mjs'), {
      workerOptions: given(options),
    });
    return {
      run: (name, argument, limitMs) => pool.execute(argument, name, signalAfter(limitMs)),
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
