import process from 'node:process';

// A task may replace it.
const getBuiltinModule = process.getBuiltinModule.bind(process);

/** Does the thread hold more than `maxBytes` of heap and external memory? Costs nothing without a limit (`Infinity`). */
export function holdsMoreThan(maxBytes: number): boolean {
  return maxBytes !== Infinity && bytesHeld() > maxBytes;
}

/** Bytes of this thread alone: some figures of `process.memoryUsage()` are for the whole process. */
function bytesHeld(): number {
  // Loaded on demand: loading takes a while, and most executors set no limit.
  const { getHeapStatistics } = getBuiltinModule('node:v8');
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}
