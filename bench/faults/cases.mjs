// What is tried. A case runs its culprit with three harmless tasks behind it, and one more afterwards.

const task = (title, name, more = {}) => ({ title, name, ...more });
const memory = { resourceLimits: { maxOldGenerationSizeMb: 48 } };

export const cases = {
  exit: task('`process.exit(3)`', 'exitNow'),
  exitLater: task('`process.exit(3)` while it awaits', 'exitLater'),
  uncaught: task('uncaught exception while it awaits', 'uncaughtDuring'),
  unhandled: task('unhandled rejection while it awaits', 'unhandledDuring'),
  late: task('uncaught exception after it ended', 'uncaughtAfter', { restMs: 300 }),
  memory: task('out of memory (`resourceLimits`)', 'eatMemory', memory),
  argument: task('an argument that the thread can’t read (980 levels, 0.5 MiB of stack)', 'bigArgument', {
    resourceLimits: { stackSizeMb: 0.5 },
    argument: () => {
      let nested = {};
      for (let left = 980; left > 0; left--) nested = { nested };
      return nested;
    },
  }),
  loading: task('a task module that exits while it is loaded', 'echo', {
    exits: true,
    argument: () => 'culprit',
    without: { poolifier: 'one module only', workerpool: 'one module only' },
  }),
  boot: task('threads that never boot (`--import` of a module that throws)', 'echo', {
    execArgv: ['--import', 'data:text/javascript,throw new Error("boot")'],
  }),
  uncloneable: task('a result with a function in it', 'uncloneable'),
  getter: task('a result with a getter that throws', 'throwingGetter'),
  proxy: task('a result that is a proxy that throws', 'silentProxy'),
  generator: task('a generator as the result', 'generator'),
  nested: task('a result nested in 20,000 levels', 'nested', { argument: () => 20_000 }),
  null: task('`throw null`', 'throwNull'),
  custom: task('a custom error (code, cause, `instanceof RangeError`)', 'throwCustom'),
  aggregate: task('an `AggregateError`', 'throwAggregate'),
  domException: task('a `DOMException`', 'throwDomException'),
  odd: task('an error with a function in it', 'throwUncloneable'),
  never: task('a promise that never settles, limit 300 ms', 'settlesNever', { limitMs: 300 }),
  spin: task('a loop without end, limit 300 ms', 'spin', { limitMs: 300 }),
  closing: task('the pool is closed gently while a task of 300 ms runs and three wait', 'slow', {
    argument: () => 300,
    closing: true,
    without: { tinypool: 'no gentle close' },
  }),
};
