// src/primes.test.ts
import { Test } from '@nestjs/testing';
import { MillraceModule } from 'millrace/nest';
import { PrimesService } from './primes.service';

test('the service counts', async () => {
  const module = await Test.createTestingModule({
    imports: [MillraceModule.forRoot({ executor: { workers: 1 } })],
    providers: [PrimesService],
  }).compile();
  expect(await module.get(PrimesService).total(100)).toBe(9 + 15 + 25);
  await module.close();
});
