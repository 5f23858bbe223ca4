import { answer } from '@/util.js';
export const run = (): number => answer;
