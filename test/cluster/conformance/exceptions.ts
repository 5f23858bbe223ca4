/** Tests of one machine that don't hold over a cluster. */
export interface Exception {
  /** Below `test/`. */
  readonly file: string;
  /** Of the full name; all tests of the file if it is left out. */
  readonly test?: RegExp;
  /** Why: words of docs/cluster.md, in its list of what differs. */
  readonly why: string;
}

const modules = 'Task modules are files that hosts have been given';
const threads = '`minWorkers`, `idleTimeoutMs`';
const heard = '`running`, `timing` and progress are as last heard';
const begun = 'what a host was about to begin runs';
const told = 'A host publishes what it runs on the channels';
const bytes = '`maxPendingBytes` counts arguments until their tasks have ended';
const copied = 'is detached, as it should be, but copied';
const urgent = 'overtakes what has not been sent';
const inspected = '`inspect()` knows the program';
const iterations = '`iterate()`, `flatMap()` and async iterables as arguments are refused';
const reasons = 'are read when it is sent on';
const looks = 'The executor watches its hosts with timers';

export const exceptions: readonly Exception[] = [
  { file: 'executor/bounds.test.ts', test: /maxPendingBytes/, why: bytes },
  { file: 'server/overload-gate.test.ts', test: /bytes: the lower give way/, why: bytes },
  { file: 'executor/bundled.test.ts', why: modules },
  { file: 'executor/module-shapes.test.ts', why: modules },
  { file: 'executor/two-copies.test.ts', test: /may have another than the executor/, why: modules },
  { file: 'executor/modules.test.ts', test: /can’t exist|builtin of Node/, why: modules },
  { file: 'executor/values.test.ts', test: /the function returned as transferable/, why: modules },
  { file: 'executor/values.test.ts', test: /memory behind a small view/, why: copied },
  { file: 'executor/elastic.test.ts', why: threads },
  { file: 'server/elastic.test.ts', why: threads },
  { file: 'executor/shutdown.test.ts', test: /every thread has booted|a thread cannot boot/, why: threads },
  { file: 'faults/crashes.test.ts', test: /threads that can’t boot/, why: threads },
  { file: 'executor/shutdown.test.ts', test: /finds the other worker/, why: heard },
  { file: 'faults/crashes.test.ts', test: /an unhandled rejection while it waits/, why: heard },
  { file: 'faults/unobserved.test.ts', test: /what (?:iterate|flatMap) holds/, why: iterations },
  { file: 'faults/times.test.ts', test: /result that is ready while the next task/, why: heard },
  { file: 'faults/times.test.ts', test: /a loop without end/, why: urgent },
  {
    // Each deadline that a task meets before it has been heard to run leaves a task that never ends in the thread.
    file: 'faults/times.test.ts',
    test: /with deadlineMs, settles, and its worker stays busy/,
    why: heard,
  },
  { file: 'executor/isolation.test.ts', test: /a more urgent task starts/, why: urgent },
  { file: 'server/overload-gate.test.ts', test: /the forecast may be wrong/, why: heard },
  { file: 'executor/diagnostics.test.ts', why: told },
  { file: 'executor/failures.test.ts', why: told },
  { file: 'executor/user-code.test.ts', test: /subscribers hear of a thread/, why: told },
  { file: 'executor/inspect.test.ts', why: inspected },
  { file: 'executor/counts.test.ts', test: /no promise, timer or listener/, why: looks },
  { file: 'executor/executor.model.test.ts', why: iterations },
  { file: 'executor/user-code.test.ts', test: /getter of the reason of a cancellation/, why: reasons },
  { file: 'executor/signals.test.ts', test: /cancels what has not begun/, why: begun },
  { file: 'executor/streams.test.ts', test: /leaving the loop stops pulling/, why: begun },
  {
    file: 'executor/pipes/pipes.test.ts',
    test: /ends when its source fails|ends? with (?:its|the) signal/,
    why: begun,
  },
  { file: 'executor/pipes/streams.test.ts', test: /a writer that fails|a reader who leaves/, why: begun },
  { file: 'server/disconnects.test.ts', why: begun },
  { file: 'server/http.test.ts', test: /drops the work of clients/, why: begun },
  { file: 'server/koa-and-hono.test.ts', test: /a client that has gone/, why: begun },
  {
    file: 'server/overload-gate.test.ts',
    test: /the task never runs|'interrupt' has|close cancels at once/,
    why: begun,
  },
];
