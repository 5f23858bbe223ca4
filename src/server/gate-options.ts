import { InvalidOptionError } from '../index.ts';
import { checkOptions, milliseconds, millisecondsFrom, oneOf, show } from '../base/options.ts';
import type { OptionChecks } from '../base/options.ts';

/** What becomes of the work of a client that has gone away. What no thread has begun is always cancelled. */
export type DisconnectPolicy = 'queued' | 'running' | 'interrupt';

export interface GateOptions {
  /**
   * Milliseconds that a request may take from the moment at which it hands in its first task, at least 1: reading a
   * slow client's body does not count. Default 10,000.
   */
  readonly deadlineMs?: number;
  /**
   * Header in which a client says how many milliseconds it waits, counted from the request's arrival. It can only shorten
   * `deadlineMs`. False: not looked at. Default `'request-timeout-ms'`.
   */
  readonly deadlineHeader?: string | false;
  /**
   * When the client has gone away: `'queued'` (default) cancels what has not begun; `'running'` also asks what runs to
   * stop; `'interrupt'` ends its thread if it does not, and that of a task that runs on after its deadline: once a second
   * for each worker at the most, the others wait for their turn.
   */
  readonly onDisconnect?: DisconnectPolicy;
  /** Milliseconds that `close()` gives to what was admitted, at least 0. Default 10,000. */
  readonly closeMs?: number;
}

export type ResolvedGateOptions = Required<GateOptions>;

/** A header's name is a token (RFC 9110, section 5.6.2). */
const token = /^[\w!#$%&'*+.^`|~-]+$/;

const checks: OptionChecks<GateOptions> = {
  deadlineMs: millisecondsFrom(1),
  deadlineHeader(option, value) {
    if (value === false || (typeof value === 'string' && token.test(value))) return;
    const message = `${option} must be the name of a header, or false, not ${show(value)}`;
    throw new InvalidOptionError(option, value, message);
  },
  onDisconnect: oneOf('queued', 'running', 'interrupt'),
  closeMs: milliseconds,
};

/** @throws {InvalidOptionError} naming the option and its value. */
export function resolveGateOptions(options: GateOptions): ResolvedGateOptions {
  const resolved = {
    deadlineMs: 10_000,
    deadlineHeader: 'request-timeout-ms',
    onDisconnect: 'queued',
    closeMs: 10_000,
    ...checkOptions('gate option', options, checks),
  } as const;
  const { deadlineHeader } = resolved;
  return { ...resolved, deadlineHeader: deadlineHeader === false ? false : deadlineHeader.toLowerCase() };
}
