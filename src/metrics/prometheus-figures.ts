import type { Executor, ExecutorStats } from '../index.ts';
import type { OverloadGate } from '../server/overload-gate.ts';

/** A gauge, read of each executor when the metrics are scraped. */
export type GaugeFigure = readonly [
  name: string,
  help: string,
  of: (stats: ExecutorStats, executor: Executor) => number,
];

export const gauges: readonly GaugeFigure[] = [
  ['millrace_workers', 'Worker threads at the most', ({ workers }) => workers],
  ['millrace_threads', 'Worker threads that are up or starting', ({ threads }) => threads],
  ['millrace_workers_busy', 'Worker threads that have something to do', ({ busy }) => busy],
  ['millrace_capacity_tasks', 'Tasks admitted at the most', (_, { capacity }) => capacity],
  ['millrace_tasks_running', 'Tasks that a thread executes', ({ running }) => running],
  ['millrace_tasks_pending', 'Tasks admitted and not running', ({ pending }) => pending],
  [
    'millrace_tasks_suspended',
    'Tasks that wait for tasks of their own, readers or items',
    ({ suspended }) => suspended,
  ],
  ['millrace_tasks_waiting', 'Callers that wait for a place', ({ waiting }) => waiting],
  [
    'millrace_pending_bytes',
    'Bytes of arguments of tasks that have not started',
    (stats) => stats.pendingBytes,
  ],
  [
    'millrace_predicted_wait_seconds',
    'Expected time until a task submitted now begins',
    (_, executor) => (executor.forecast().waitMs ?? 0) / 1000,
  ],
];

/** Takes one value and its labels besides the executor's name. */
type Tell = (value: number, labels?: Readonly<Record<string, string>>) => void;

/** A total that Millrace counts itself, of each executor or each gate. */
export type CounterFigure<T> = readonly [
  name: string,
  help: string,
  labels: readonly string[],
  read: (source: T, tell: Tell) => void,
];

const outcomes = ['fulfilled', 'rejected', 'cancelled', 'refused'] as const;

export const executorCounters: readonly CounterFigure<Executor>[] = [
  [
    'millrace_tasks_submitted_total',
    'Tasks submitted',
    [],
    (executor, tell) => tell(executor.stats().submitted),
  ],
  [
    'millrace_tasks_total',
    'Tasks ended, by outcome',
    ['outcome'],
    (executor, tell) => {
      const stats = executor.stats();
      for (const outcome of outcomes) tell(stats[outcome], { outcome });
    },
  ],
  [
    'millrace_worker_busy_seconds_total',
    'Busy time of event loops',
    ['worker'],
    (executor, tell) => {
      for (const [worker, { activeMs }] of executor.workerLoopTimes().entries()) {
        tell(activeMs / 1000, { worker: String(worker) });
      }
    },
  ],
];

export const gateCounters: readonly CounterFigure<OverloadGate>[] = [
  [
    'millrace_requests_refused_total',
    'Requests answered with 503',
    ['class'],
    ({ refused }, tell) => {
      for (const [name, count] of Object.entries(refused)) tell(count, { class: name });
    },
  ],
];
