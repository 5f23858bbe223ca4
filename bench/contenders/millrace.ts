import { Executor, tasks } from 'millrace';
import type { Contender, WorkName } from './contender.ts';
import { taskUrl } from './contender.ts';

type Work = Record<WorkName, (argument?: unknown) => unknown>;

export async function startMillrace(threads: number): Promise<Contender> {
  const executor = new Executor({ workers: threads });
  const work = tasks<Work>(taskUrl('millrace-work.mjs'));
  await executor.ready();
  return {
    name: 'millrace',
    call(name, argument, move) {
      const task = argument === undefined ? work[name]() : work[name](argument);
      return executor.run(move === undefined ? task : task.with({ transfer: move }));
    },
    close: () => executor.shutdown(),
  };
}
