import { Waiter } from './admission.ts';
import type { Admission } from './admission.ts';

/** Resolves when the place or the bytes have been taken for the caller; rejects when admission closes. */
export function waitInLine(admission: Admission, needsPlace: boolean, bytes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    admission.wait(new PromiseWaiter(needsPlace, bytes, resolve, reject));
  });
}

class PromiseWaiter extends Waiter {
  readonly needsPlace: boolean;
  readonly bytes: number;
  readonly granted: () => void;
  readonly closed: (error: unknown) => void;

  constructor(needsPlace: boolean, bytes: number, granted: () => void, closed: (error: unknown) => void) {
    super();
    this.needsPlace = needsPlace;
    this.bytes = bytes;
    this.granted = granted;
    this.closed = closed;
  }
}
