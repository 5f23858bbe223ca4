import { answer } from './util';
export const run = (): number => answer;
