import { checkOptions, millisecondsFrom, oneOf } from '../base/options.ts';
import type { OptionChecks } from '../base/options.ts';

/**
 * The class of a request: under overload the lowest class is shed first. After the criticality of Google's RPCs (Site
 * Reliability Engineering, chapter 21, "Criticality").
 */
export type RequestClass = 'critical' | 'normal' | 'sheddable';

/** All classes, the first one to be shed first. */
export const requestClasses: readonly RequestClass[] = ['sheddable', 'normal', 'critical'];

/** Options of a route or a handler for its requests. */
export interface RequestOptions {
  /** Default `'normal'`. */
  readonly class?: RequestClass;
  /** A deadline for this request, in milliseconds, at least 1. Can only shorten the gate's. Default: the gate's. */
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

/** Distance of the classes' priorities: a task's own priority, which is added, orders only within its class. */
const step = 2 ** 40;

export function priorityOf(requestClass: RequestClass, own: number): number {
  const inside = Math.max(-step / 4, Math.min(step / 4, own));
  return (requestClasses.indexOf(requestClass) - 1) * step + inside;
}
