import type { Duplex } from 'node:stream';
import type { Scheduler } from '../scheduler/scheduler.ts';
import type { GeneratorTask } from '../tasks/generator-task.ts';
import type { Task } from '../tasks/task.ts';
import { duplex } from './duplex.ts';
import { pipeTasks } from './flat-map.ts';
import type { MapOptions } from './stream-options.ts';
import { webStream } from './web-stream.ts';
import type { TransformPair } from './web-stream.ts';

type ToTask<I> = (item: I, index: number) => Task<unknown> | GeneratorTask<unknown>;

/** Implements `executor.stream()`. */
export function taskPipe<I>(
  scheduler: Scheduler,
  toTask: ToTask<I>,
  options: MapOptions,
): TransformPair<I, unknown> {
  return webStream<I, unknown>((items, aborted) =>
    pipeTasks(scheduler, 'stream', items, toTask, options, aborted),
  );
}

/** Implements `executor.duplex()`. */
export function taskDuplex(scheduler: Scheduler, toTask: ToTask<never>, options: MapOptions): Duplex {
  return duplex<never, unknown>((items, aborted) =>
    pipeTasks(scheduler, 'duplex', items, toTask, options, aborted),
  );
}
