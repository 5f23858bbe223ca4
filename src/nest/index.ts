/** `millrace/nest`: the gate as a module for NestJS, over its adapters for Express and for Fastify. */
export { Admit } from './admission-guard.ts';
export { MillraceFilter } from './millrace-filter.ts';
export { MillraceModule } from './millrace-module.ts';
export type {
  MillraceModuleAsyncOptions,
  MillraceModuleExtras,
  MillraceModuleOptions,
  MillraceOptionsFactory,
} from './millrace-module.ts';
export { Millrace } from './requests.ts';
export { getExecutorToken, getGateToken, InjectExecutor, InjectGate } from './tokens.ts';
export type { EmbeddingOptions } from '../server/embedding.ts';
export { HttpError, toHttpError } from '../server/http-error.ts';
