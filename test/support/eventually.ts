import { vi } from 'vitest';
import { patienceMs } from './patience.ts';

/** Resolves with what `check` returns once it does not throw: for what comes from elsewhere, however slow the machine is. */
export const eventually = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: patienceMs, interval: 50 });
