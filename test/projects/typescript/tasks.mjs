// Prints what each task module does.
import { readdirSync } from 'node:fs';
import { Executor, tasks } from 'millrace';

const executor = new Executor({ workers: 1 });
const outcomes = {};
for (const file of readdirSync(new URL('tasks/', import.meta.url), { recursive: true })) {
  if (!/\.ts$/.test(file) || file === 'util.ts') continue;
  const module = tasks(new URL(`tasks/${file.replace(/ts$/, 'js')}`, import.meta.url));
  outcomes[file] = await executor.run(module.run()).catch(({ name, message }) => `${name}: ${message}`);
}
await executor.shutdown();

// What a task imports while it runs is loaded by Node, unless the threads have tsx from the start.
if (process.argv[2] === 'late') {
  const late = new Executor({ workers: 1, execArgv: ['--import', 'tsx'] });
  outcomes.late = await late.run(tasks(new URL('late.ts', import.meta.url)).run());
  await late.shutdown();
}
console.log(JSON.stringify(outcomes));
