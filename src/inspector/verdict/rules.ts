import { limits } from './limits.ts';
import type { Rule } from './rule.ts';
import { supply } from './supply.ts';
import { troubles } from './troubles.ts';

/** The first rule that holds gives the verdict. A test shows the sentence of each. */
export const rules: readonly Rule[] = [...troubles, ...limits, ...supply];
