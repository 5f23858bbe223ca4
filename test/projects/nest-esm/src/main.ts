import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Executor, tasks } from 'millrace';
import type { RequestTasks } from 'millrace/http';
import { Admit, Millrace, MillraceModule } from 'millrace/nest';

const work = tasks<typeof import('./work.js')>(new URL('./work.js', import.meta.url));

@Controller()
export class PrimesController {
  constructor(private readonly executor: Executor) {}

  @Get('request')
  @Admit()
  request(@Millrace() millrace: RequestTasks) {
    return millrace.run(work.countPrimes(100));
  }

  @Get('executor')
  direct() {
    return this.executor.run(work.countPrimes(100));
  }
}

@Module({
  imports: [
    MillraceModule.forRootAsync({ useFactory: async () => ({ executor: { workers: 1, maxPending: 4 } }) }),
  ],
  controllers: [PrimesController],
})
export class AppModule {}

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000);
