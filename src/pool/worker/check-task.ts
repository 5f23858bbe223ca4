import { findTask } from './load-task.ts';

/**
 * A task module: fails as a task of `module` and `name` would whose module or function is missing, but neither sets the
 * module up nor calls the function.
 */
export async function checkTask(module: string, name: string): Promise<void> {
  await findTask(module, name);
}
