import fc from '../support/fast-check.ts';
import { expect, test } from 'vitest';
import { LinkedList } from '../../src/base/linked-list.ts';
import type { Linked } from '../../src/base/linked-list.ts';
import type { Each } from '../support/each.ts';

class Element implements Linked {
  list: object | null = null;
  previous: Linked | null = null;
  next: Linked | null = null;
  readonly name: number;

  constructor(name: number) {
    this.name = name;
  }
}

type Step = Each<'push' | 'unshift'> | Each<'remove', { at: number }>;

const operations: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constantFrom('push' as const, 'unshift' as const) }),
    fc.record({ kind: fc.constant('remove' as const), at: fc.nat(20) }),
  ),
  { maxLength: 60, size: 'max' },
);

test('it holds what an array would hold, in the same order', () => {
  fc.assert(
    fc.property(operations, (steps) => {
      const list = new LinkedList<Element>();
      const model: Element[] = [];
      for (const [name, step] of steps.entries()) {
        const element = new Element(name);
        if (step.kind === 'push') {
          list.push(element);
          model.push(element);
        } else if (step.kind === 'unshift') {
          list.unshift(element);
          model.unshift(element);
        } else {
          const [gone] = model.splice(step.at, 1);
          if (gone !== undefined) list.remove(gone);
        }
        expect([...list]).toEqual(model);
        expect(list.size).toBe(model.length);
        expect(list.first).toBe(model[0] ?? null);
      }
    }),
  );
});

test('removing twice is harmless', () => {
  const list = new LinkedList<Element>();
  const [a, b] = [new Element(1), new Element(2)];
  list.push(a);
  list.push(b);
  list.remove(a);
  list.remove(a);
  expect(list.size).toBe(1);
  expect(list.first).toBe(b);
});

test('an element of another list is left alone', () => {
  const [here, there] = [new LinkedList<Element>(), new LinkedList<Element>()];
  const element = new Element(1);
  here.push(element);
  there.remove(element);
  expect(here.size).toBe(1);
  expect(there.size).toBe(0);
});

test('an element that was removed carries no links', () => {
  const list = new LinkedList<Element>();
  const elements = [1, 2, 3].map((name) => new Element(name));
  for (const element of elements) list.push(element);
  const middle = elements[1] as Element;
  list.remove(middle);
  expect(middle).toMatchObject({ list: null, previous: null, next: null });
});
