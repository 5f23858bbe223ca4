// src/primes.controller.ts
import { Controller, Get, Param, ParseIntPipe } from '@nestjs/common';
import type { RequestTasks } from 'millrace/http';
import { Admit, Millrace } from 'millrace/nest';
import { PrimesService, work } from './primes.service';

@Controller('primes')
export class PrimesController {
  constructor(private readonly primes: PrimesService) {}

  @Get(':below')
  @Admit({ class: 'normal' }) // refuses before the handler is called
  async count(@Millrace() millrace: RequestTasks, @Param('below', ParseIntPipe) below: number) {
    return { primes: await millrace.run(work.countPrimes(below)) };
  }

  @Get('total/:below')
  async total(@Param('below', ParseIntPipe) below: number) {
    return { primes: await this.primes.total(below) };
  }
}
