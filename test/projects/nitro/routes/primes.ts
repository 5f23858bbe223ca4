// routes/primes.ts
import { Executor, tasks } from 'millrace';

const work = tasks<typeof import('../work/primes')>(new URL('../work/primes.ts', import.meta.url));
const executor = new Executor({ workers: 1 });

export default defineEventHandler(() => executor.run(work.countPrimes(100)));
