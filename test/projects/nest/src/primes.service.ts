// src/primes.service.ts
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { Executor, tasks } from 'millrace';

export const work = tasks<typeof import('./work')>(join(__dirname, 'work.js'));

@Injectable()
export class PrimesService {
  constructor(private readonly executor: Executor) {}

  async total(below: number): Promise<number> {
    const sizes = [below / 4, below / 2, below];
    let total = 0;
    for await (const primes of this.executor.map(sizes, (size) => work.countPrimes(size))) total += primes;
    return total;
  }
}
