// src/app.module.ts
import { Module } from '@nestjs/common';
import { MillraceModule } from 'millrace/nest';
import { PrimesController } from './primes.controller';
import { PrimesService } from './primes.service';

@Module({
  imports: [MillraceModule.forRoot({ executor: { workers: 2, maxPending: 16 }, deadlineMs: 2000 })],
  controllers: [PrimesController],
  providers: [PrimesService],
})
export class AppModule {}
