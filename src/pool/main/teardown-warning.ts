import { show } from '../../base/options.ts';

/** What goes wrong when no task is there to be told of it. */
export function warnOfTeardown(message: string, reason?: unknown): void {
  const why = reason === undefined ? '' : `: ${show(reason)}`;
  process.emitWarning(message + why, 'MillraceTeardownWarning');
}
