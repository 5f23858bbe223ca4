import { expect, test } from 'vitest';
import { Roster } from '../../src/base/roster.ts';
import type { Member } from '../../src/base/roster.ts';

const member = (id: number): Member => ({ id, seat: 0 });
const members = (count: number) => Array.from({ length: count }, (_, id) => member(id));

test('members join, leave and join again, and are read in the order of their numbers', () => {
  const roster = new Roster();
  const [a, b, c] = [member(0), member(1), member(2)];
  roster.add(a);
  roster.add(b);
  expect([...roster]).toEqual([a, b]);
  roster.delete(a);
  expect(roster.size).toBe(1);
  roster.add(c);
  roster.add(a);
  expect([...roster]).toEqual([a, b, c]);
  expect(roster.size).toBe(3);
});

test('who is no member cannot leave, whatever its seat', () => {
  const roster = new Roster();
  const [inside, outside] = [member(0), member(1)];
  roster.add(inside);
  roster.delete(outside);
  expect([...roster]).toEqual([inside]);
  roster.delete(inside);
  roster.delete(inside);
  expect(roster.size).toBe(0);
  roster.add(outside);
  roster.delete(inside);
  expect([...roster]).toEqual([outside]);
});

test('members may leave while others are read; and all at once', () => {
  const roster = new Roster();
  const all = members(10);
  for (const each of all) roster.add(each);
  const read = [];
  for (const each of roster) {
    read.push(each);
    roster.delete(each);
  }
  expect(read).toEqual(all);
  expect(roster.size).toBe(0);
  for (const each of all) roster.add(each);
  roster.clear();
  expect([...roster]).toEqual([]);
  expect(roster.size).toBe(0);
});

test('takes no more room than there were members at once', () => {
  const roster = new Roster();
  const inside: Member[] = [];
  const seats = new Set<number>();
  for (const each of members(1000)) {
    roster.add(each);
    seats.add(each.seat);
    if (inside.push(each) > 4) roster.delete(inside.shift() as Member);
  }
  expect(seats.size).toBe(5);
});
