import { findTask } from './loading/load-task.ts';

/**
 * A task function: fails if the module or its function `name` is missing, as a task of theirs would, but neither sets up the
 * module nor calls the function.
 */
export async function checkTask(module: string, name: string): Promise<void> {
  await findTask(module, name);
}
