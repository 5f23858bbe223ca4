export { Executor } from './executor/executor.ts';
export type { ExecutorOptions } from './executor/executor-options.ts';
export {
  ExecutorClosedError,
  InvalidOptionError,
  InvalidTaskError,
  MillraceError,
  PeerError,
  SaturatedError,
  TaskTimeoutError,
  WorkerCrashedError,
} from './base/errors.ts';
export type { Saturation, TaskPhase } from './base/errors.ts';
export { availableWorkers } from './host/available-workers.ts';
export type { WorkerEndMessage, WorkerMessage } from './pool/main/worker-diagnostics.ts';
export { asCompleted } from './executor/as-completed.ts';
export type { AsCompletedOptions } from './executor/as-completed.ts';
export type { LoopTimes } from './scheduler/dispatch/backend.ts';
export type { Forecast } from './scheduler/figures/forecast.ts';
export type {
  TaskMessage,
  TaskRefuseMessage,
  TaskSettleMessage,
  TaskSubmitMessage,
} from './scheduler/job/diagnostics.ts';
export type { Future, FutureState, Outcome, Timing } from './scheduler/job/future.ts';
export type { Percentiles } from './scheduler/figures/histogram.ts';
export type { MapOptions, MapResult, StreamOptions } from './executor/map.ts';
export type { ShutdownMode } from './scheduler/lifecycle.ts';
export type { ExecutorStats } from './scheduler/figures/stats.ts';
export type { Source } from './base/source.ts';
export { wait } from './executor/wait.ts';
export type { WaitOptions, WaitResult } from './executor/wait.ts';
export type { TransformPair } from './executor/web-stream.ts';
export { inline } from './tasks/inline.ts';
export type { Task, TaskResult, TaskTarget } from './tasks/task.ts';
export type { TaskOptions } from './tasks/task-options.ts';
export { tasks } from './tasks/task-makers.ts';
export type { TaskMakers } from './tasks/task-makers.ts';
export { transferable } from './tasks/transferable.ts';
