// Before Node 22 tsx loads this module, and tsx needs no import attribute.
import data from '../data.json';

export function run(): number {
  return data.answer;
}
