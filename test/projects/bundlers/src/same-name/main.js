import { Executor, tasks } from 'millrace';

const work = tasks(new URL('./tasks/main.js', import.meta.url));

async function main() {
  const executor = new Executor({ workers: 1 });
  console.log(await executor.run(work.answer()));
  await executor.shutdown();
}

void main();
