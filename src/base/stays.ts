/** A registered symbol, so that several copies of the package in one process know each other's. */
const stays = Symbol.for('millrace.stays');

/**
 * Says of a class that its instances mean something in their own thread only. Cloning sees none of their state, and would copy them as
 * empty objects: they are refused instead.
 */
export function staysInThread(type: abstract new (...args: never[]) => object): void {
  Object.defineProperty(type.prototype, stays, { value: true });
}

/** Is this the prototype of such a class? */
export function isOfStaying(prototype: object): boolean {
  return Object.hasOwn(prototype, stays);
}
