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
export { asCompleted } from './executor/as-completed.ts';
export type { AsCompletedOptions } from './executor/as-completed.ts';
export type { LoopTimes } from './scheduler/dispatch/backend.ts';
export type { BatchAnswerMessage, BatchView } from './scheduler/dispatch/batch-diagnostics.ts';
export type {
  WorkerEndMessage,
  WorkerEndReason,
  WorkerMessage,
  WorkerStartMessage,
} from './scheduler/dispatch/workers/worker-diagnostics.ts';
export type { Forecast } from './scheduler/figures/forecast.ts';
export type {
  ExecutorInspection,
  RunningTask,
  StreamInspection,
  WorkerInspection,
} from './scheduler/inspection.ts';
export type { FailureReason } from './scheduler/job/failure.ts';
export type {
  TaskFailMessage,
  TaskMessage,
  TaskRefuseMessage,
  TaskSettleMessage,
  TaskSubmitMessage,
} from './scheduler/job/diagnostics.ts';
export type { Outcome } from './base/outcome.ts';
export type { Future, FutureState, OfFuture, Timing } from './scheduler/job/future.ts';
export type { Percentiles } from './scheduler/figures/histogram.ts';
export type { IterateOptions } from './tasks/iterate-options.ts';
export type { TaskIteration } from './executor/task-iteration.ts';
export type {
  FlatMapOptions,
  MapOptions,
  MapResult,
  StreamOptions,
  StreamResult,
} from './executor/stream-options.ts';
export type { ForecastOptions, ShutdownOptions } from './executor/requests.ts';
export type { ShutdownMode } from './scheduler/lifecycle.ts';
export type { ExecutorStats } from './scheduler/figures/stats.ts';
export type { Source } from './base/source.ts';
export { wait } from './executor/wait.ts';
export type { WaitOptions, WaitResult } from './executor/wait.ts';
export type { TransformPair } from './executor/web-stream.ts';
export { inline } from './tasks/inline.ts';
export type { GeneratorTask, TaskItem, TaskOf } from './tasks/generator-task.ts';
export type { Task, TaskResult } from './tasks/task.ts';
export type { TaskOptions } from './tasks/task-options.ts';
export { tasks } from './tasks/task-makers.ts';
export type { TaskMakers } from './tasks/task-makers.ts';
export { transferable } from './tasks/transferable.ts';
