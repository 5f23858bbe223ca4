import { times } from './helper.js';

export const same = (n) => times(1, n);
