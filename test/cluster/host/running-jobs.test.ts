import { expect, test } from 'vitest';
import { RunningJobs } from '../../../src/cluster/host/running-jobs.ts';
import { claimed } from '../support/claimed-job.ts';

const positionsOf = (begun: readonly (readonly [number, number])[]): number[] =>
  begun.map(([position]) => position);

test('a job whose thread is at the next one is not told as running', () => {
  const [ended, blocks] = [claimed(1, 'finished'), claimed(2)];
  const jobs = new RunningJobs();
  jobs.add(0, ended);
  jobs.add(1, blocks);
  // Of another batch.
  const other = claimed(3);
  expect(positionsOf(jobs.takeBegun([blocks, other], 25))).toEqual([1]);
  expect(positionsOf(jobs.takeBegun([blocks, other], 25))).toEqual([]);
  expect(jobs.takeOffThread([blocks, other])).toEqual([]);
});

test('a job that was told as running and has left its thread is told as such, once, and again when it goes on', () => {
  const job = claimed(1);
  const jobs = new RunningJobs();
  jobs.add(4, job);
  expect(positionsOf(jobs.takeBegun([job], 25))).toEqual([4]);
  expect(jobs.takeOffThread([])).toEqual([4]);
  expect(jobs.takeOffThread([])).toEqual([]);
  expect(positionsOf(jobs.takeBegun([], 25))).toEqual([]);
  expect(positionsOf(jobs.takeBegun([job], 25))).toEqual([4]);
  jobs.remove(job, 4);
  expect(jobs.takeOffThread([])).toEqual([]);
});
