import { InvalidOptionError } from '../index.ts';
import { checkOptions, milliseconds, millisecondsFrom, oneOf, show } from '../base/options.ts';
import type { OptionChecks } from '../base/options.ts';

/** How the running tasks of a client that has gone away end. Tasks that no thread has begun are always cancelled. */
export type DisconnectPolicy = 'queued' | 'running' | 'interrupt';

export interface GateOptions {
  /**
   * Milliseconds that a request may take from the submission of its first task on, at least 1: reading a slow client's body
   * does not count. Default 10,000.
   */
  readonly deadlineMs?: number;
  /**
   * Name of the header in which a client tells how many milliseconds it waits, counted from the request's arrival. It can only
   * shorten `deadlineMs`. False: the gate ignores such headers. Default `'request-timeout-ms'`.
   */
  readonly deadlineHeader?: string | false;
  /**
   * When the client has gone away: `'queued'` (default) cancels tasks that have not begun; `'running'` also asks running tasks to
   * stop; `'interrupt'` also ends the thread of a task that does not stop, or that runs on after its deadline. At most as many
   * threads end per second as there are workers; further tasks wait for their turn.
   */
  readonly onDisconnect?: DisconnectPolicy;
  /** Milliseconds that `close()` gives to admitted tasks, at least 0. Default 10,000. */
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
