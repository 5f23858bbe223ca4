import type { Executor, Task } from 'millrace';
import { OverloadGate } from 'millrace/http';

/** Checks what it is given as frameworks do. */
export function gateOf(executor: Executor, task: Task<unknown>): OverloadGate {
  executor.forecast({ task });
  return new OverloadGate(executor);
}
