import { SaturatedError } from 'millrace';
import type { Executor, TaskFailMessage, TaskOptions } from 'millrace';
import { OverloadGate } from 'millrace/http';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { testWith } from '../support/executor-test.ts';
import type { Gate } from '../support/gate.ts';
import { Heard } from '../support/heard.ts';
import { work } from '../support/work.ts';

const test = testWith({ workers: 1, maxPending: 1, name: 'failing' });
let heard: Heard<TaskFailMessage>;
beforeEach(() => {
  heard = new Heard('millrace:task:fail');
});
afterEach(() => {
  heard[Symbol.dispose]();
});

/** What was told, as a line each. */
const lines = () =>
  heard.messages.map(({ id, status, phase, why, worker }) => `${id} ${status} ${phase} ${why} ${worker}`);

const blocked = async (executor: Executor, gate: Gate, options: TaskOptions = {}) => {
  const future = await executor.submit(work.pass(gate.shared), options);
  await gate.arrivals();
  return future;
};

describe('why a task fails:', () => {
  test('it threw', async ({ executor }) => {
    await executor.run(work.reject('no'), { label: 'mine' }).catch(() => {});
    expect(lines()).toEqual(['1 rejected running threw 0']);
    const [message] = heard.messages;
    expect(message).toMatchObject({
      executor: 'failing',
      executorId: executor.executorId,
      label: 'mine',
      error: 'no',
    });
  });

  test('an error of Millrace that the task itself has thrown is only that', async ({ executor }) => {
    await executor.run(work.throwNamed('TaskTimeoutError', 'ERR_MILLRACE_TIMEOUT')).catch(() => {});
    await executor.run(work.throwNamed('SaturatedError', 'ERR_MILLRACE_SATURATED')).catch(() => {});
    expect(heard.messages.map(({ why }) => why)).toEqual(['threw', 'threw']);
  });

  test('its arguments can’t be cloned', async ({ executor }) => {
    await executor.run(work.echo(() => {})).catch(() => {});
    expect(lines()).toEqual(['1 rejected pending threw undefined']);
  });

  test('its timeout, while it ran', async ({ executor }) => {
    await executor.run(work.spin(), { timeoutMs: 20 }).catch(() => {});
    expect(lines()).toEqual(['1 rejected running timeout 0']);
  });

  test('its deadline: while it ran, was pending, or waited', async ({ executor, gate }) => {
    await executor.run(work.echo('the module is loaded'));
    const running = await blocked(executor, gate, { deadlineMs: 3000 });
    const pending = await executor.submit(work.echo(1), { deadlineMs: 40 });
    const waiting = executor.submit(work.echo(1), { deadlineMs: 20 });
    await Promise.allSettled([running.result(), pending.result(), waiting]);
    expect(lines().toSorted()).toEqual([
      '2 rejected running deadline 0',
      '3 rejected pending deadline undefined',
      '4 refused waiting deadline undefined',
    ]);
  });

  test('its signal', async ({ executor, gate }) => {
    const controller = new AbortController();
    const { signal } = controller;
    await blocked(executor, gate, { signal });
    await executor.submit(work.echo(1), { signal });
    const waiting = executor.submit(work.echo(1), { signal });
    controller.abort();
    await waiting.catch(() => {});
    await executor.submit(work.echo(1), { signal }).catch(() => {});
    expect(lines().toSorted()).toEqual([
      '1 cancelled running signal 0',
      '2 cancelled pending signal undefined',
      '3 cancelled waiting signal undefined',
      '4 cancelled waiting signal undefined',
    ]);
  });

  test('somebody asked for it', async ({ executor, gate }) => {
    const running = await blocked(executor, gate);
    const pending = await executor.submit(work.echo(1));
    pending.cancel();
    running.cancel();
    expect(lines()).toEqual(['2 cancelled pending asked undefined', '1 cancelled running asked 0']);
  });

  test('its thread crashed', async ({ executor }) => {
    await executor.run(work.exit(3)).catch(() => {});
    expect(lines()).toEqual(['1 rejected running crashed 0']);
  });

  test('its loop was left', async ({ executor, gate }) => {
    const loop = executor.map([1, 2], () => work.pass(gate.shared));
    void loop.next();
    await gate.arrivals();
    await loop.return?.();
    expect(lines()).toEqual(['2 cancelled pending left undefined']);
  });

  test('the executor was shut down', async ({ executor, gate }) => {
    await blocked(executor, gate);
    await executor.submit(work.echo(1));
    const waiting = executor.submit(work.echo(1));
    waiting.catch(() => {});
    await executor.shutdown({ mode: 'kill' });
    await executor.submit(work.echo(1)).catch(() => {});
    expect(lines()).toEqual([
      '3 refused waiting shutdown undefined',
      '2 cancelled pending shutdown undefined',
      '1 cancelled running shutdown 0',
      '4 refused waiting shutdown undefined',
    ]);
  });

  test('there was no place for it', async ({ executor, gate }) => {
    await blocked(executor, gate);
    await executor.submit(work.echo(1));
    expect(executor.trySubmit(work.echo(1))).toBeNull();
    await executor.submit(work.echo(1), { maxWaitMs: 1 }).catch(() => {});
    expect(lines()).toEqual([
      '3 refused waiting saturated undefined',
      '4 refused waiting saturated undefined',
    ]);
    expect(heard.messages[0]?.error).toBeNull();
    expect(heard.messages[1]?.error).toBeInstanceOf(SaturatedError);
  });

  test('it made room for what matters more', async ({ executor, gate }) => {
    await blocked(executor, gate);
    const overload = new OverloadGate(executor);
    const victim = overload.admit('sheddable', 10_000, work.echo(1), {});
    overload.admit('critical', 10_000, work.echo(2), {});
    await victim.result().catch(() => {});
    expect(lines()).toEqual(['2 cancelled pending made-room undefined']);
  });

  test('the server before it was shut down', async ({ executor, gate }) => {
    await blocked(executor, gate);
    const overload = new OverloadGate(executor, { closeMs: 1 });
    const queued = overload.admit('normal', 10_000, work.echo(1), {});
    queued.result().catch(() => {});
    void overload.close();
    await queued.outcome();
    expect(lines()).toEqual(['2 cancelled pending shutdown undefined']);
  });
});

test('what succeeds is not told', async ({ executor }) => {
  await executor.run(work.echo(1));
  expect(heard.messages).toEqual([]);
});

test('a subscriber sees a task that has settled and is counted', async ({ executor }) => {
  const seen: unknown[] = [];
  using _ = new Heard('millrace:task:fail', () => seen.push(executor.stats().rejected));
  await executor.run(work.reject('no')).catch(() => {});
  expect(seen).toEqual([1]);
});

describe('a gate tells whom it refuses:', () => {
  test('too late, full, closing', async ({ executor, gate }) => {
    using refused = new Heard<object>('millrace:gate:refuse');
    const overload = new OverloadGate(executor);
    const late = () => overload.admit('normal', 0, work.echo(1), { label: 'late' });
    expect(late).toThrow();
    await blocked(executor, gate);
    await executor.submit(work.echo(1));
    expect(() => overload.admit('normal', 1000, work.echo(1), {})).toThrow();
    void overload.close();
    expect(() => overload.admit('critical', 1000, work.echo(1), {})).toThrow();
    const common = { executor: 'failing', executorId: executor.executorId };
    expect(refused.messages).toMatchObject([
      { ...common, class: 'normal', why: 'too-late', label: 'late', leftMs: 0 },
      { ...common, class: 'normal', why: 'full', label: 'echo' },
      { ...common, class: 'critical', why: 'closing' },
    ]);
  });

  test('but not a health check', async ({ executor }) => {
    using refused = new Heard<object>('millrace:gate:refuse');
    const overload = new OverloadGate(executor);
    void overload.close();
    expect(overload.refusal('normal', 1)).not.toBeNull();
    expect(refused.messages).toEqual([]);
  });
});
