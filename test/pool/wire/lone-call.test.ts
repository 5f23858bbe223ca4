import { describe, expect, test } from 'vitest';
import { encodeLoneCall } from '../../../src/pool/main/batches/encode-lone-call.ts';
import { batchOf } from '../../../src/pool/wire/lone-call.ts';
import { readLoneAnswer } from '../../../src/pool/wire/read-message.ts';
import { Task } from '../../../src/tasks/task.ts';
import { makeJob } from '../../scheduler/make-job.ts';

const plain = { announce: false, holdMs: 3 };

function call(args: unknown[], change: object = {}, options = plain, isKnown = true) {
  const job = Object.assign(makeJob(1, {}, args), change);
  const known = new Set(isKnown ? [Task.targetOf(job.task).index] : []);
  return encodeLoneCall({ id: 7, base: 256 }, job, options, known);
}

describe('what travels alone', () => {
  test.each([[[]], [[1, 'text', 10n ** 30n, true, null, undefined, NaN, -0]]])(
    '%o: as a flat array',
    (args) => {
      const message = call(args);
      expect(message?.slice(0, 2)).toEqual([7, 256]);
      expect(message?.slice(3)).toEqual(args);
      expect(batchOf(message as never)).toMatchObject({
        id: 7,
        base: 256,
        runs: [message?.[2], 1, args.length],
        args,
      });
    },
  );

  test.each([
    ['an object', [{}]],
    ['an array', [[1]]],
    ['a function', [() => {}]],
    ['a symbol', [Symbol('s')]],
    ['an object behind a primitive', [1, new Uint8Array(1)]],
  ])('with %s among its arguments: as a batch', (_, args) => {
    expect(call(args)).toBeUndefined();
  });

  test.each([
    ['what moves', { transfer: [] }, plain, true],
    ['a trace', { carrier: {} }, plain, true],
    ['a start that is to be told', {}, { announce: true, holdMs: 3 }, true],
    ['a function that the worker does not know yet', {}, plain, false],
  ] as const)('with %s: as a batch', (_, change, options, isKnown) => {
    expect(call([], change, options, isKnown)).toBeUndefined();
  });
});

describe('an answer', () => {
  test.each([[[3, 'value']], [[0, undefined]], [[1, 10n]]])('%o is read', (message) => {
    expect(readLoneAnswer(message)).toBe(message);
  });

  test.each([[[]], [[1]], [[1, 2, 3]], [['1', 2]], [[1.5, 2]], [[1, {}]], [[1, []]], [[NaN, 1]]])(
    '%o is refused',
    (message) => {
      expect(() => readLoneAnswer(message)).toThrow(TypeError);
    },
  );
});
