/**
 * How much a request matters when not all can be served, after the criticality of Google's RPCs (Site Reliability
 * Engineering, chapter 21, "Criticality"): the lowest class is shed first.
 */
export type RequestClass = 'critical' | 'normal' | 'sheddable';

/** From the first to be shed to the last. */
export const requestClasses: readonly RequestClass[] = ['sheddable', 'normal', 'critical'];

/** Far enough apart that a task's own priority, which is added, orders only within its class. */
const step = 2 ** 40;

export function priorityOf(requestClass: RequestClass, own: number): number {
  const inside = Math.max(-step / 4, Math.min(step / 4, own));
  return (requestClasses.indexOf(requestClass) - 1) * step + inside;
}
