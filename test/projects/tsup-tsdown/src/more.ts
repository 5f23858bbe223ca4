import { times } from './helper.js';

export const same = (n: number) => times(1, n);
