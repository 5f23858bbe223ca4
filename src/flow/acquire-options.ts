import { throwIfAborted } from '../base/on-abort.ts';
import { abortSignal, checkOptions, integer } from '../base/options.ts';

export interface AcquireOptions {
  /** Number of permits (of a rate limiter: of starts), granted all at once. An integer of at least 1. Default 1. */
  readonly n?: number;
  /** Aborting it ends the wait: the promise rejects with the signal's reason, unchanged. */
  readonly signal?: AbortSignal;
}

export type SignalOptions = Pick<AcquireOptions, 'signal'>;
export type TryAcquireOptions = Pick<AcquireOptions, 'n'>;

const signalChecks = { signal: abortSignal };
const tryAcquireChecks = { n: integer(1) };
const acquireChecks = { n: integer(1), signal: abortSignal };

const nothing: AcquireOptions = Object.freeze({});

/** @throws {InvalidOptionError}; the signal's reason if it is aborted already. */
export function checkAcquireOptions(options: AcquireOptions | undefined): AcquireOptions {
  if (options === undefined) return nothing;
  const given = checkOptions('acquire option', options, acquireChecks);
  throwIfAborted(given.signal);
  return given;
}

/** The option `n`, default 1. @throws {InvalidOptionError} */
export function countOf(options: TryAcquireOptions | undefined): number {
  if (options === undefined) return 1;
  return checkOptions('tryAcquire option', options, tryAcquireChecks).n ?? 1;
}

/** @throws {InvalidOptionError}; the signal's reason if it is aborted already. */
export function signalOf(options: SignalOptions | undefined): AbortSignal | undefined {
  if (options === undefined) return undefined;
  const { signal } = checkOptions('option', options, signalChecks);
  throwIfAborted(signal);
  return signal;
}
