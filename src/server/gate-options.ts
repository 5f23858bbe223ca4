import { InvalidOptionError } from '../index.ts';

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
   * stop; `'interrupt'` ends its thread if it does not, once a second for each worker at the most.
   */
  readonly onDisconnect?: DisconnectPolicy;
  /** Milliseconds that `close()` gives to what was admitted, at least 0. Default 10,000. */
  readonly closeMs?: number;
}

export type ResolvedGateOptions = Required<GateOptions>;

const defaults: ResolvedGateOptions = {
  deadlineMs: 10_000,
  deadlineHeader: 'request-timeout-ms',
  onDisconnect: 'queued',
  closeMs: 10_000,
};

const policies: readonly unknown[] = ['queued', 'running', 'interrupt'];
/** A header's name is a token (RFC 9110, section 5.6.2). */
const token = /^[\w!#$%&'*+.^`|~-]+$/;

const checks: Record<keyof GateOptions, readonly [isValid: (value: unknown) => boolean, range: string]> = {
  deadlineMs: [(value) => isMilliseconds(value, 1), 'milliseconds from 1 to 2,147,483,647'],
  deadlineHeader: [
    (value) => value === false || (typeof value === 'string' && token.test(value)),
    'a header or false',
  ],
  onDisconnect: [(value) => policies.includes(value), "one of 'queued', 'running', 'interrupt'"],
  closeMs: [(value) => isMilliseconds(value, 0), 'milliseconds from 0 to 2,147,483,647'],
};

/** @throws {InvalidOptionError} naming the option and its value. */
export function resolveGateOptions(options: GateOptions): ResolvedGateOptions {
  const given: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(checks, name)) {
      const known = Object.keys(checks).join(', ');
      throw new InvalidOptionError(name, value, `unknown gate option '${name}' (known: ${known})`);
    }
    if (value === undefined) continue;
    const [isValid, range] = checks[name as keyof GateOptions];
    if (!isValid(value))
      throw new InvalidOptionError(name, value, `${name} must be ${range}, not ${String(value)}`);
    given[name] = value;
  }
  const resolved = { ...defaults, ...given };
  const { deadlineHeader } = resolved;
  return { ...resolved, deadlineHeader: deadlineHeader === false ? false : deadlineHeader.toLowerCase() };
}

function isMilliseconds(value: unknown, min: number): boolean {
  return typeof value === 'number' && value >= min && value <= 2 ** 31 - 1;
}
