/* Made-up documents. As a program it prints a hundred of them, as lines of JSON: what `millrace tune` reads. */
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';

const words = 'mill race wheel water stone grain flour sluice weir pond miller sack axle gear'.split(' ');

/** 2,000 words, always the same for the same number. */
export function documentOf(number) {
  let state = number + 1;
  return Array.from({ length: 2000 }, () => {
    // A linear congruential generator: its upper bits are random enough for this.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return words[(state >>> 16) % words.length];
  }).join(' ');
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  for (let number = 0; number < 100; number++) console.log(JSON.stringify(documentOf(number)));
}
