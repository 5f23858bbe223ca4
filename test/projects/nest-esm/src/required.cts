// CommonJS, which requires Nest's ES modules, and gets the same executor.
import { Executor } from 'millrace';
import { MillraceModule } from 'millrace/nest';
import { NestFactory } from '@nestjs/core';

async function main() {
  const imports = [MillraceModule.forRoot({ executor: { workers: 1 } })];
  const context = await NestFactory.createApplicationContext(
    { module: class {}, imports },
    { logger: false },
  );
  const { Executor: imported } = await import('millrace');
  console.log(context.get(Executor) instanceof imported, imported === Executor);
  await context.close();
}

void main();
