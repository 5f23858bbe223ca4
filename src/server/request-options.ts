import { checkOptions, millisecondsFrom, oneOf } from '../base/options.ts';
import type { OptionChecks } from '../base/options.ts';

/**
 * How much a request matters when not all can be served, after the criticality of Google's RPCs (Site Reliability
 * Engineering, chapter 21, "Criticality"): the lowest class is shed first.
 */
export type RequestClass = 'critical' | 'normal' | 'sheddable';

/** From the first to be shed to the last. */
export const requestClasses: readonly RequestClass[] = ['sheddable', 'normal', 'critical'];

/** What a route or a handler says about a request. */
export interface RequestOptions {
  /** Default `'normal'`. */
  readonly class?: RequestClass;
  /** Shorter than the gate's, for this request. Milliseconds, at least 1. */
  readonly deadlineMs?: number;
}

const checks: OptionChecks<RequestOptions> = {
  class: oneOf(...requestClasses),
  deadlineMs: millisecondsFrom(1),
};

/** @throws {InvalidOptionError} naming the option and its value. */
export function checkRequestOptions(options: RequestOptions): RequestOptions {
  return checkOptions('request option', options, checks);
}

/** Far enough apart that a task's own priority, which is added, orders only within its class. */
const step = 2 ** 40;

export function priorityOf(requestClass: RequestClass, own: number): number {
  const inside = Math.max(-step / 4, Math.min(step / 4, own));
  return (requestClasses.indexOf(requestClass) - 1) * step + inside;
}
