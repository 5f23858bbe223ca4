import { Executor, ExecutorClosedError, SaturatedError, WorkerCrashedError } from 'millrace';
import type { Future, ShutdownMode, Task } from 'millrace';
import fc from '../support/fast-check.ts';
import { expect, test } from 'vitest';
import { Gate } from '../support/gate.ts';
import { patienceMs } from '../support/patience.ts';
import { rounds } from '../support/settling.ts';
import { work } from '../support/work.ts';

/*
 * Real threads against a model of a page. Every task stands at a gate of its own, so between two commands nothing moves:
 * the model says how many tasks run, how many wait, and how each one has ended. Which of the admitted tasks run is the
 * executor's to decide; that is observed.
 */

const workers = 2;
const maxPending = 2;
const maxWaiting = 3;

/** No further sequence is begun after this. */
const timeLimitMs = 8000;

type End = 'return' | 'throw' | 'crash';

/** One submission: what the model says of it, and what is seen of it. */
interface Submission {
  readonly end: End;
  readonly retries: number;
  readonly gate: Gate;
  readonly controller: AbortController;
  /** Says the model. `refused` and `aborted` are ends without admission. */
  state: 'waiting' | 'pending' | 'fulfilled' | 'rejected' | 'cancelled' | 'refused' | 'aborted';
  /** Has its place been given back? A task that was cancelled while it ran holds it until it returns. */
  left: boolean;
  /** Its gate has been opened. */
  opened: boolean;
  future: Future<unknown> | null;
  refusal: unknown;
  settled: number;
}

const isHeld = ({ gate, opened, left }: Submission) => gate.arrived > 0 && !opened && !left;

class Model {
  readonly submissions: Submission[] = [];
  mode: ShutdownMode | null = null;

  of(...states: Submission['state'][]): Submission[] {
    return this.submissions.filter(({ state }) => states.includes(state));
  }

  /** Those that hold a place. */
  get admitted(): Submission[] {
    return this.submissions.filter(
      ({ state, left }) => !left && !['waiting', 'refused', 'aborted'].includes(state),
    );
  }

  submit(submission: Submission, mayWait: boolean): void {
    this.submissions.push(submission);
    const waiting = this.of('waiting').length - 1;
    if (this.mode !== null) submission.state = 'refused';
    else if (waiting === 0 && this.admitted.length < workers + maxPending) submission.state = 'pending';
    else if (!mayWait || waiting >= maxWaiting) submission.state = 'refused';
  }

  /** A place may have come free: first come, first served. */
  admit(): void {
    for (const first of this.of('waiting')) {
      if (this.admitted.length >= workers + maxPending) return;
      first.state = 'pending';
    }
  }

  cancel(submission: Submission, begun: boolean): void {
    if (submission.state === 'waiting') submission.state = 'aborted';
    else if (submission.state === 'pending') {
      submission.state = 'cancelled';
      submission.left = !begun;
    }
    this.admit();
  }

  /** It was held at its gate, and goes on to its end; or it crashes, and runs again when a worker comes to it. */
  open(submission: Submission): void {
    const runsAgain = submission.state === 'pending' && submission.end === 'crash' && submission.retries > 0;
    submission.opened = true;
    if (!runsAgain) this.end(submission);
  }

  end(submission: Submission): void {
    const ends = { return: 'fulfilled', throw: 'rejected', crash: 'rejected' } as const;
    submission.left = true;
    if (submission.state === 'pending') submission.state = ends[submission.end];
    this.admit();
  }

  shutdown(mode: ShutdownMode): void {
    const urgency = ['drain', 'cancel', 'kill'];
    if (this.mode === null || urgency.indexOf(mode) > urgency.indexOf(this.mode)) this.mode = mode;
    for (const waiting of this.of('waiting')) waiting.state = 'refused';
    if (this.mode === 'drain') return;
    for (const pending of this.admitted) {
      if (this.mode === 'cancel' && isHeld(pending)) continue;
      if (pending.state === 'pending') pending.state = 'cancelled';
      pending.left = true;
    }
  }
}

class Real {
  readonly executor: Executor = new Executor({
    workers,
    maxPending,
    maxWaiting,
    onUnobservedError: () => {},
  });
  readonly closed: Promise<void>[] = [];
}

function makeTask({ end, gate: { shared } }: Submission): Task<unknown> {
  if (end === 'return') return work.pass(shared, 'done');
  return end === 'throw' ? work.passAndThrow(shared, 'thrown') : work.passAndExit(shared, 7);
}

/** A future has been handed out. */
function watch(submission: Submission, future: Future<unknown>): void {
  submission.future = future;
  void future.outcome().then(() => submission.settled++);
}

/** Lets everything happen that the model says must happen: who is to run arrives, who is to settle does. */
async function comeToRest(model: Model, executor: Executor): Promise<void> {
  const isAtRest = () => {
    for (const retried of model.of('pending').filter(({ opened }) => opened)) {
      if (retried.future?.done === true) model.end(retried);
    }
    const expected = Math.min(workers, model.admitted.length);
    if (model.submissions.filter(isHeld).length !== expected) return false;
    if (executor.stats().busy !== expected) return false;
    return model.submissions.every(({ state, future, refusal }) => {
      if (state === 'waiting') return true;
      if (state === 'refused' || state === 'aborted') return refusal !== undefined;
      return future !== null && (state === 'pending' || future.done);
    });
  };
  const patience = performance.now() + patienceMs;
  while (!isAtRest()) {
    if (performance.now() > patience) throw new Error(`it hangs: ${JSON.stringify(executor.stats())}`);
    await rounds(1);
  }
  await rounds(2);
}

/** The laws, and that the executor is where the model is. */
async function check(model: Model, { executor }: Real): Promise<void> {
  await comeToRest(model, executor);
  for (const [index, submission] of model.submissions.entries()) {
    const { state, future, refusal, settled, gate, retries } = submission;
    const name = `submission ${index} (${state})`;
    if (future === null) expect(['waiting', 'refused', 'aborted'], name).toContain(state);
    else if (state === 'pending') expect(future.state, name).toBe(isHeld(submission) ? 'running' : 'pending');
    else expect(future.state, name).toBe(state);
    expect(settled, name).toBe(future?.done === true ? 1 : 0);
    expect(gate.arrived, `runs of ${name}`).toBeLessThanOrEqual(future === null ? 0 : 1 + retries);
    if (refusal !== undefined && state === 'aborted') expect(refusal).toBe('aborted');
    else if (refusal !== undefined && refusal !== null) {
      expect([SaturatedError, ExecutorClosedError]).toContain((refusal as Error).constructor);
    }
  }
  const running = model.submissions.filter((each) => isHeld(each) && each.state === 'pending').length;
  const count = (...states: Submission['state'][]) => model.of(...states).length;
  expect(executor.stats()).toMatchObject({
    submitted: model.submissions.length,
    waiting: count('waiting'),
    running,
    pending: count('pending') - running,
    fulfilled: count('fulfilled'),
    rejected: count('rejected'),
    cancelled: count('cancelled', 'aborted'),
    refused: count('refused'),
  });
}

type Command = fc.AsyncCommand<Model, Real>;

function command(
  name: string,
  run: (model: Model, real: Real) => void,
  possible: (model: Readonly<Model>) => boolean = () => true,
): Command {
  return {
    check: possible,
    async run(model, real) {
      run(model, real);
      await check(model, real);
    },
    toString: () => name,
  };
}

const at = fc.nat(20);
const pick = (list: readonly Submission[], index: number) => list[index % list.length] as Submission;
const undone = (model: Model) => model.of('waiting', 'pending');
const held = (model: Model) => model.submissions.filter(isHeld);

const submits = fc
  .record({
    end: fc.constantFrom<End>('return', 'return', 'throw', 'crash'),
    retries: fc.constantFrom(0, 0, 1),
    waits: fc.boolean(),
  })
  .map(({ end, retries, waits }) =>
    command(`${waits ? 'submit' : 'trySubmit'}(${end}, ${retries})`, (model, { executor }) => {
      const submission: Submission = {
        end,
        retries,
        gate: new Gate(),
        controller: new AbortController(),
        state: 'waiting',
        left: false,
        opened: false,
        future: null,
        refusal: undefined,
        settled: 0,
      };
      model.submit(submission, waits);
      const options = { retries, signal: submission.controller.signal };
      const refused = (error: unknown) => void (submission.refusal = error);
      if (waits) {
        const admitted = (future: Future<unknown>) => watch(submission, future);
        void executor.submit(makeTask(submission), options).then(admitted, refused);
        return;
      }
      try {
        const future = executor.trySubmit(makeTask(submission), options);
        if (future === null) submission.refusal = null;
        else watch(submission, future);
      } catch (error) {
        refused(error);
      }
    }),
  );

const cancels = at.map((index) =>
  command(
    `cancel(${index})`,
    (model) => {
      const target = pick(model.of('pending'), index);
      const begun = isHeld(target);
      expect(target.future?.cancel('by hand')).toBe(true);
      model.cancel(target, begun);
    },
    (model) => model.of('pending').length > 0,
  ),
);

const aborts = at.map((index) =>
  command(
    `abort(${index})`,
    (model) => {
      const target = pick(undone(model), index);
      const begun = isHeld(target);
      target.controller.abort('aborted');
      model.cancel(target, begun);
    },
    (model) => undone(model).length > 0,
  ),
);

const opens = at.map((index) =>
  command(
    `open(${index})`,
    (model) => {
      const target = pick(held(model), index);
      target.gate.open();
      model.open(target);
    },
    (model) => held(model).length > 0,
  ),
);

const shutdowns = fc.constantFrom<ShutdownMode>('drain', 'cancel', 'kill').map((mode) =>
  command(`shutdown(${mode})`, (model, real) => {
    model.shutdown(mode);
    real.closed.push(real.executor.shutdown({ mode }));
  }),
);

/** Opens every gate, one after the other as its task comes there, and closes the executor. */
async function finish(model: Model, real: Real): Promise<void> {
  if (model.mode === null) {
    model.shutdown('drain');
    real.closed.push(real.executor.shutdown());
  }
  for (;;) {
    await check(model, real);
    const target = held(model)[0];
    if (target === undefined) break;
    target.gate.open();
    model.open(target);
  }
  await Promise.all(real.closed);
  expect(real.executor.stats()).toMatchObject({ running: 0, pending: 0, waiting: 0, busy: 0 });
  for (const { end, state, future } of model.submissions) {
    if (state !== 'rejected') continue;
    const outcome = await future?.outcome();
    const reason = outcome?.status === 'rejected' ? outcome.reason : undefined;
    if (end === 'crash') expect(reason).toBeInstanceOf(WorkerCrashedError);
    else expect(reason).toMatchObject({ message: 'thrown' });
  }
}

test('real threads do what the model says, whatever is submitted, cancelled, opened, crashes or is shut down', async () => {
  const began = performance.now();
  await fc.assert(
    fc.asyncProperty(
      fc.commands([submits, submits, submits, opens, opens, cancels, aborts, shutdowns], { maxCommands: 30 }),
      async (commands) => {
        if (performance.now() - began > timeLimitMs) return;
        const model = new Model();
        const real = new Real();
        try {
          await fc.asyncModelRun(() => ({ model, real }), commands);
          await finish(model, real);
        } finally {
          for (const { gate } of model.submissions) gate.open();
          await real.executor.shutdown({ mode: 'kill' });
        }
      },
    ),
    { numRuns: 40, endOnFailure: true },
  );
});
