let evaluated = 0;
export const run = (): number => 41 + ++evaluated;
import './util.js';
