import { show } from '../../base/options.ts';
import { warn } from '../../base/warn.ts';

/** Emits a warning for a failure that belongs to no task. */
export function warnOfTeardown(message: string, reason?: unknown): void {
  const why = reason === undefined ? '' : `: ${show(reason)}`;
  warn('MillraceTeardownWarning', message + why);
}
