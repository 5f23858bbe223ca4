import { Executor, InvalidOptionError } from '../index.ts';
import { checkOptions, integer, nonEmptyString, oneOf, show } from '../base/options.ts';
import type { OptionChecks } from '../base/options.ts';
import { isLoopbackAddress } from './serve/access.ts';

/** Options of `inspector()`; all are optional. */
export interface InspectorOptions {
  /**
   * A secret of at least 16 characters that admits a viewer from any machine (`?token=…` once, or `Authorization: Bearer …`). Default
   * none: then the page admits only this machine, by a loopback address and not through a proxy.
   */
  readonly token?: string;
  /** Host names of the server, with or without a port, besides `localhost` and the server's addresses. Default none. */
  readonly hosts?: readonly string[];
  /** Most viewers at the same time, an integer of at least 1. Default 8. */
  readonly maxViewers?: number;
  /**
   * `'viewed'` (default) records only while there are viewers, and costs nothing otherwise. `'always'` keeps a record of the last
   * minute for the next viewer, like a flight recorder.
   */
  readonly record?: 'viewed' | 'always';
}

/** Options of `openInspector()`; all are optional. */
export interface OpenInspectorOptions extends InspectorOptions {
  /** The port, an integer from 0 to 65535. Default 0: any free port. */
  readonly port?: number;
  /** The address to listen at. Default `'127.0.0.1'`; an address other than loopback requires a `token`. */
  readonly host?: string;
}

const isName = (each: unknown): boolean =>
  typeof each === 'string' && /^(?:\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i.test(each);

const checks: OptionChecks<InspectorOptions> = {
  token(option, value) {
    if (typeof value === 'string' && value.length >= 16) return;
    const message = `${option} must be a string of at least 16 characters`;
    // Without the value: programs log errors.
    throw new InvalidOptionError(option, undefined, message);
  },
  hosts(option, value) {
    if (Array.isArray(value) && value.every(isName)) return;
    const message = `${option} must be an array of host names, with or without a port, not ${show(value)}`;
    throw new InvalidOptionError(option, value, message);
  },
  maxViewers: integer(1),
  record: oneOf('viewed', 'always'),
};

const openChecks: OptionChecks<OpenInspectorOptions> = {
  ...checks,
  port(option, value) {
    if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535) return;
    const message = `${option} must be an integer from 0 to 65535, not ${show(value)}`;
    throw new InvalidOptionError(option, value, message);
  },
  host: nonEmptyString,
};

export type ResolvedInspectorOptions = Readonly<
  Required<Omit<InspectorOptions, 'token'>> & { token: string | undefined }
>;

/** @throws {InvalidOptionError} for an unknown option or a bad value. */
export function inspectorOptions(options: InspectorOptions): ResolvedInspectorOptions {
  return withDefaults(checkOptions('inspector option', options, checks));
}

/** @throws {InvalidOptionError} for an unknown option or a bad value. */
export function openInspectorOptions(
  options: OpenInspectorOptions,
): ResolvedInspectorOptions & { readonly port: number; readonly host: string } {
  const given = checkOptions('inspector option', options, openChecks);
  const { port = 0, host = '127.0.0.1', ...rest } = given;
  if (given.token === undefined && !isLoopback(host)) {
    const message = `host must be an address of the loopback interface, not ${show(host)}: for any other one the inspector needs a token`;
    throw new InvalidOptionError('host', host, message);
  }
  return { ...withDefaults(rest), port, host };
}

const isLoopback = (host: string): boolean => host === 'localhost' || isLoopbackAddress(host);

function withDefaults(given: InspectorOptions): ResolvedInspectorOptions {
  const { token, hosts = [], maxViewers = 8, record = 'viewed' } = given;
  return { token, hosts, maxViewers, record };
}

/**
 * One executor or several, as a list.
 *
 * @throws {InvalidOptionError} for anything else, and for an empty list.
 */
export function executorsOf(given: Executor | readonly Executor[]): readonly Executor[] {
  const all: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (all.length > 0 && all.every((each) => each instanceof Executor)) return [...new Set(all as Executor[])];
  const message = `executors must be an Executor or an array of at least one, not ${show(given)}`;
  throw new InvalidOptionError('executors', given, message);
}
