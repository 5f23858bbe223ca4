import { Job } from '../../src/scheduler/job/job.ts';
import type { JobOwner } from '../../src/scheduler/job/job.ts';
import { payloadBytes } from '../../src/tasks/payload-size.ts';
import { Transitions } from '../../src/scheduler/transitions.ts';
import { internTarget, Task } from '../../src/tasks/task.ts';
import { validateTaskOptions } from '../../src/tasks/task-options.ts';
import type { TaskOptions } from '../../src/tasks/task-options.ts';

export const nobody: JobOwner = { transitions: new Transitions(), cancel: () => false };

/** A task of a module that does not exist: for a scheduler whose backend runs nothing. */
export function makeTask(name: string, options: TaskOptions = {}, args: unknown[] = []): Task<unknown> {
  return new Task(internTarget('test:module', name), args, validateTaskOptions(options));
}

export function makeJob(id: number, options: TaskOptions = {}, args: unknown[] = []): Job {
  const task = makeTask('work', options, args);
  return new Job(id, task, task.options, payloadBytes(args), nobody);
}
