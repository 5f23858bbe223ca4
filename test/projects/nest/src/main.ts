// src/main.ts
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  app.enableShutdownHooks(); // or SIGTERM ends the process with requests under way
  await app.listen(process.env.PORT ?? 3000);
}

void bootstrap();
