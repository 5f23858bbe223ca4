import { Executor, tasks } from 'millrace';
import type { Contender, WorkName } from './contender.ts';
import { taskUrl } from './contender.ts';

type Work = Record<WorkName, (argument?: unknown) => unknown>;

/** All its threads are up, as are those of the others. */
export async function startMillrace(threads: number): Promise<Contender> {
  const executor = new Executor({ workers: threads });
  await executor.ready();
  return contender(executor);
}

/** As it is by default: threads start when work waits for them. */
export function startMillraceOnDemand(threads: number): Promise<Contender> {
  return Promise.resolve(contender(new Executor({ workers: threads })));
}

function contender(executor: Executor): Contender {
  const work = tasks<Work>(taskUrl('millrace-work.mjs'));
  return {
    name: 'millrace',
    call(name, argument, move) {
      const task = argument === undefined ? work[name]() : work[name](argument);
      return executor.run(move === undefined ? task : task.with({ transfer: move }));
    },
    close: () => executor.shutdown(),
  };
}
