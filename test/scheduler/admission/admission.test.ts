import { describe, expect, test } from 'vitest';
import { Admission, AdmissionWaiter } from '../../../src/scheduler/admission/admission.ts';

/** Writes down what happens to it. */
class Caller extends AdmissionWaiter {
  readonly bytes: number;
  readonly name: string;
  readonly #log: string[];
  /** What it does when it is told, as a real caller would. */
  onClosed: () => void = () => {};

  constructor(log: string[], name: string, bytes: number) {
    super();
    this.#log = log;
    this.name = name;
    this.bytes = bytes;
  }

  granted(): void {
    this.#log.push(this.name);
  }

  closed(): void {
    this.#log.push(`${this.name} closed`);
    this.onClosed();
  }
}

test('a place that was given back goes to the caller who came first', () => {
  const log: string[] = [];
  const admission = new Admission(1, 100);
  expect(admission.tryAdmit(0)).toBe(true);
  for (const name of ['a', 'b', 'c']) admission.wait(new Caller(log, name, 0));
  admission.releasePlace();
  expect(log).toEqual(['a']);
  admission.releasePlace();
  expect(log).toEqual(['a', 'b']);
});

test('nobody overtakes: while a caller waits, a newcomer is refused even if it would fit', () => {
  const log: string[] = [];
  const admission = new Admission(3, 100);
  admission.tryAdmit(60);
  admission.wait(new Caller(log, 'large', 90));
  expect(admission.tryAdmit(1)).toBe(false);
  expect(admission.saturated).toBe(true);
});

test('a large task is not starved by small ones', () => {
  const log: string[] = [];
  const admission = new Admission(10, 100);
  admission.tryAdmit(50);
  admission.tryAdmit(50);
  admission.wait(new Caller(log, 'large', 100));
  admission.wait(new Caller(log, 'small', 1));
  admission.releaseBytes(50);
  expect(log).toEqual([]);
  admission.releaseBytes(50);
  expect(log).toEqual(['large']);
  admission.releaseBytes(100);
  expect(log).toEqual(['large', 'small']);
});

describe('a task larger than the bound', () => {
  test('is admitted when nothing else holds bytes', () => {
    const admission = new Admission(2, 100);
    expect(admission.tryAdmit(1000)).toBe(true);
    expect(admission.bytesTaken).toBe(1000);
  });

  test('is alone: nothing with bytes is admitted beside it, but what has none is', () => {
    const admission = new Admission(3, 100);
    admission.tryAdmit(1000);
    expect(admission.tryAdmit(1)).toBe(false);
    expect(admission.tryAdmit(0)).toBe(true);
  });

  test('waits until all other bytes are free', () => {
    const log: string[] = [];
    const admission = new Admission(3, 100);
    admission.tryAdmit(1);
    admission.wait(new Caller(log, 'oversize', 1000));
    expect(log).toEqual([]);
    admission.releaseBytes(1);
    expect(log).toEqual(['oversize']);
  });
});

test('when the first in line leaves, the next one who fits goes in', () => {
  const log: string[] = [];
  const admission = new Admission(2, 100);
  admission.tryAdmit(60);
  const large = new Caller(log, 'large', 90);
  admission.wait(large);
  admission.wait(new Caller(log, 'small', 10));
  admission.leave(large);
  expect(log).toEqual(['small']);
  expect(admission).toMatchObject({ placesTaken: 2, bytesTaken: 70, waiting: 0 });
});

test('closing sends everybody away in order, and lets nobody in', () => {
  const log: string[] = [];
  const admission = new Admission(2, 100);
  admission.tryAdmit(60);
  const callers = [new Caller(log, 'large', 90), new Caller(log, 'small', 10), new Caller(log, 'last', 0)];
  for (const caller of callers) {
    caller.onClosed = () => admission.leave(caller);
    admission.wait(caller);
  }
  admission.close(new Error('closed'));
  expect(log).toEqual(['large closed', 'small closed', 'last closed']);
  expect(admission).toMatchObject({ placesTaken: 1, bytesTaken: 60, waiting: 0 });
});

test('the holder of a place may add bytes to it, if they are free', () => {
  const admission = new Admission(3, 100);
  admission.tryAdmit(60);
  admission.tryAdmit(0);
  expect(admission.tryAddBytes(41)).toBe(false);
  expect(admission.tryAddBytes(40)).toBe(true);
  expect(admission).toMatchObject({ placesTaken: 2, bytesTaken: 100 });
});
