export { Executor } from './executor.ts';
export type { ExecutorOptions } from './executor-options.ts';
export {
  ExecutorClosedError,
  InvalidOptionError,
  InvalidTaskError,
  MillraceError,
  PeerError,
  SaturatedError,
  TaskTimeoutError,
  WorkerCrashedError,
} from './errors.ts';
export type { Saturation, TaskPhase } from './errors.ts';
export { availableWorkers } from './pool/sizing.ts';
export type { WorkerEndMessage, WorkerMessage } from './pool/worker-diagnostics.ts';
export { asCompleted } from './scheduler/as-completed.ts';
export type { AsCompletedOptions } from './scheduler/as-completed.ts';
export type { LoopTimes } from './scheduler/backend.ts';
export type { Forecast } from './scheduler/backlog.ts';
export type {
  TaskMessage,
  TaskRefuseMessage,
  TaskSettleMessage,
  TaskSubmitMessage,
} from './scheduler/diagnostics.ts';
export type { Future, FutureState, Outcome, Timing } from './scheduler/future.ts';
export type { Percentiles } from './scheduler/histogram.ts';
export type { MapOptions, MapResult, StreamOptions } from './scheduler/map-tasks.ts';
export type { ShutdownMode } from './scheduler/lifecycle.ts';
export type { ExecutorStats } from './scheduler/stats.ts';
export type { Source } from './source.ts';
export { wait } from './scheduler/wait.ts';
export type { WaitOptions, WaitResult } from './scheduler/wait.ts';
export type { TransformPair } from './streams/web-stream.ts';
export { inline } from './tasks/inline.ts';
export type { Task, TaskResult, TaskTarget } from './tasks/task.ts';
export type { TaskOptions } from './tasks/task-options.ts';
export { tasks } from './tasks/tasks.ts';
export type { TaskMakers } from './tasks/tasks.ts';
export { transferable } from './tasks/transferable.ts';
