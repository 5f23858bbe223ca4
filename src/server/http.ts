/** `millrace/http`: turns overload into status codes, for `node:http` and frameworks on top of it. */
export { closeServer } from './close-server.ts';
export type { GateRefuseMessage } from './gate-diagnostics.ts';
export type { DisconnectPolicy, GateOptions } from './gate-options.ts';
export { HealthCheck, underPressureOptions } from './health.ts';
export type { Health } from './health.ts';
export { HttpError, retryAfterSeconds, toHttpError } from './http-error.ts';
export { OverloadGate } from './overload-gate.ts';
export type { RequestClass, RequestOptions } from './request-options.ts';
export type { RequestTasks } from './request-tasks.ts';
export { sendError } from './send-error.ts';
