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
console.log(JSON.stringify(outcomes));
