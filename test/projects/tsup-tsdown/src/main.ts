import { Executor, tasks } from 'millrace';

const work = tasks<typeof import('./work.js')>(new URL('./work.js', import.meta.url));

async function main() {
  const executor = new Executor({ workers: 1 });
  console.log(await executor.run(work.double(21)));
  await executor.shutdown();
}

void main();
