import { expect, test } from 'vitest';
import { Transitions } from '../../src/scheduler/transitions.ts';

/** Transitions, and a log of what they do. */
function logged(): {
  transitions: Transitions;
  log: string[];
  tell: (what: string, then?: () => void) => void;
} {
  const transitions = new Transitions();
  const log: string[] = [];
  const tell = (what: string, then?: () => void) =>
    transitions.tell({
      tell() {
        log.push(what);
        then?.();
      },
    });
  return { transitions, log, tell };
}

test('the books come first, then chores, then what is last, then the news in order', () => {
  const { transitions, log, tell } = logged();
  transitions.run(() => {
    tell('news');
    transitions.endWith(() => log.push('last'));
    transitions.chore(() => {
      log.push('chore');
      transitions.chore(() => log.push('chore of a chore'));
      tell('news of a chore');
    });
    transitions.run(() => tell('news of one within'));
    log.push('books');
  });
  expect(log).toEqual([
    'books',
    'chore',
    'chore of a chore',
    'last',
    'news',
    'news of one within',
    'news of a chore',
  ]);
});

test('without a transition all of it happens at once', () => {
  const { transitions, log, tell } = logged();
  tell('news');
  transitions.chore(() => log.push('chore'));
  transitions.endWith(() => log.push('last'));
  expect(log).toEqual(['news', 'chore', 'last']);
});

test('what is told may begin transitions, whose news come after the rest: a chain of them is no recursion', () => {
  const { transitions, log, tell } = logged();
  const step = (left: number): void => {
    if (left > 0) transitions.run(() => transitions.tell({ tell: () => step(left - 1) }));
    else log.push('end of the chain');
  };
  transitions.run(() => {
    transitions.tell({ tell: () => step(100_000) });
    tell('second');
  });
  expect(log).toEqual(['second', 'end of the chain']);
});

test('a transition that throws ends, and tells what it had to tell', () => {
  const { transitions, log, tell } = logged();
  const failing = () =>
    transitions.run(() => {
      tell('news');
      throw new Error('failed');
    });
  expect(failing).toThrow('failed');
  tell('later');
  expect(log).toEqual(['news', 'later']);
});
