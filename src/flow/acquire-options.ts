import { abortSignal, checkOptions, integer } from '../base/options.ts';

export interface AcquireOptions {
  /** How many permits, all or none, an integer of at least 1. Default 1. */
  readonly n?: number;
  /** Ends the wait; the promise rejects with the signal's reason, unchanged. */
  readonly signal?: AbortSignal;
}

export type SignalOptions = Pick<AcquireOptions, 'signal'>;

const signalChecks = { signal: abortSignal };
const acquireChecks = { n: integer(1), signal: abortSignal };

const nothing: AcquireOptions = Object.freeze({});

/** @throws {InvalidOptionError}; the signal's reason if it is aborted already. */
export function checkAcquireOptions(options: AcquireOptions | undefined): AcquireOptions {
  if (options === undefined) return nothing;
  const given = checkOptions('acquire option', options, acquireChecks);
  given.signal?.throwIfAborted();
  return given;
}

/** @throws {InvalidOptionError}; the signal's reason if it is aborted already. */
export function signalOf(options: SignalOptions | undefined): AbortSignal | undefined {
  if (options === undefined) return undefined;
  const { signal } = checkOptions('option', options, signalChecks);
  signal?.throwIfAborted();
  return signal;
}
