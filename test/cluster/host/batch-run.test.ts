import { expect, test } from 'vitest';
import { BatchRun } from '../../../src/cluster/host/batch-run.ts';
import type { BatchLink, BeginAnswer } from '../../../src/cluster/host/host-link.ts';
import type { Reply } from '../../../src/cluster/wire/reply-wire.ts';
import { RunTimes } from '../../../src/scheduler/figures/run-times.ts';
import { tasks } from '../../../src/tasks/task-makers.ts';
import { claimed } from '../support/claimed-job.ts';
import { workUrl } from '../support/cluster.ts';

const remote = tasks<typeof import('../../fixtures/remote.mjs')>(workUrl);

const call = { module: 'm', name: 'add', args: [1, 2], options: {}, carrier: undefined };

test('a host that leaves while a batch begins gives it back when it has begun, and not before', async () => {
  const told: (Reply | 'begun')[] = [];
  let begins!: (answer: BeginAnswer) => void;
  const link: BatchLink = {
    begin: () => new Promise((resolve) => (begins = resolve)),
    reply({ reply }) {
      told.push(reply);
      return Promise.resolve([]);
    },
    stops: () => Promise.resolve([]),
  };
  const nothing = (): never => {
    throw new Error('it runs nothing');
  };
  const run = new BatchRun(
    {
      link,
      host: 'host',
      runTimes: new RunTimes(),
      threads: () => 2,
      taskOf: () => remote.add(1, 2),
      submit: nothing,
      atWork: () => [],
      told: nothing,
      cancelUnclaimed: nothing,
    },
    'fence',
    [call, call, call],
  );
  const over = run.run();
  run.giveBack();
  told.push('begun');
  begins({ status: 'begun', begins: 1, from: 0, upTo: 2, answered: new Uint8Array(1), cancelled: [] });
  expect(await over).toBe('begun');
  expect(told).toEqual([
    'begun',
    expect.objectContaining({ returned: [0, 1, 2], doubtful: [], outcomes: [] }),
  ]);
});

test('a reply tells that a running task is cancelled, and the channel has brought no request: it is read, with its reason', async () => {
  const job = claimed(1);
  const asked: (readonly number[])[] = [];
  const told = new Promise<string>((resolve) => {
    const run = new BatchRun(
      {
        link: {
          begin: () =>
            Promise.resolve({
              status: 'begun',
              begins: 1,
              from: 0,
              upTo: 1,
              answered: new Uint8Array(1),
              cancelled: [],
            }),
          reply: () => Promise.resolve([0]),
          stops(positions) {
            asked.push(positions);
            return Promise.resolve(['the request']);
          },
        },
        host: 'host',
        runTimes: new RunTimes(),
        threads: () => 1,
        taskOf: () => remote.add(1, 2),
        submit: () => job,
        atWork: () => [job],
        told(text) {
          run.drop();
          resolve(text);
        },
        cancelUnclaimed: () => {},
      },
      'fence',
      [call],
    );
    void run.run();
  });
  expect(await told).toBe('the request');
  expect(asked).toEqual([[0]]);
});
