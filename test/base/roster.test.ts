import { expect, test } from 'vitest';
import { Roster } from '../../src/base/roster.ts';

const members = (count: number) => Array.from({ length: count }, (_, id) => ({ id, seat: 0 }));

test('members join, leave and join again, and are read in the order of their numbers', () => {
  const roster = new Roster<{ readonly id: number; seat: number }>();
  const [a, b, c] = members(3) as [{ id: number; seat: number }, { id: number; seat: number }, never];
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
  const roster = new Roster<{ readonly id: number; seat: number }>();
  const [member, other] = members(2) as [{ id: number; seat: number }, { id: number; seat: number }];
  roster.add(member);
  roster.delete(other);
  expect([...roster]).toEqual([member]);
  roster.delete(member);
  roster.delete(member);
  expect(roster.size).toBe(0);
  roster.add(other);
  expect([...roster]).toEqual([other]);
});

test('members may leave while others are read; and all at once', () => {
  const roster = new Roster<{ readonly id: number; seat: number }>();
  const all = members(10);
  for (const member of all) roster.add(member);
  const read = [];
  for (const member of roster) {
    read.push(member);
    roster.delete(member);
  }
  expect(read).toEqual(all);
  expect(roster.size).toBe(0);
  for (const member of all) roster.add(member);
  roster.clear();
  expect([...roster]).toEqual([]);
  expect(roster.size).toBe(0);
});

test('takes no more room than there were members at once', () => {
  const roster = new Roster<{ readonly id: number; seat: number }>();
  const all = members(1000);
  const seats = new Set<number>();
  for (const [index, member] of all.entries()) {
    roster.add(member);
    seats.add(member.seat);
    if (index >= 4) roster.delete(all[index - 4] as (typeof all)[number]);
  }
  expect(seats.size).toBe(5);
});
