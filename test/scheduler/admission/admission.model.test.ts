import fc from '../../support/fast-check.ts';
import { expect, test } from 'vitest';
import { Admission, AdmissionWaiter } from '../../../src/scheduler/admission/admission.ts';
import type { Each } from '../../support/each.ts';

type Step = Each<'try' | 'wait', { bytes: number }> | Each<'leave' | 'start' | 'end', { at: number }>;

const bytes = fc.constantFrom(0, 1, 10, 50, 99, 100, 101, 500);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constantFrom('try' as const, 'wait' as const), bytes }),
    fc.record({ kind: fc.constantFrom('leave' as const, 'start' as const, 'end' as const), at: fc.nat(10) }),
  ),
  { maxLength: 100, size: 'max' },
);

interface Holder {
  bytes: number;
}

class Caller extends AdmissionWaiter {
  readonly bytes: number;
  readonly #granted: (caller: Caller) => void;

  constructor(size: number, granted: (caller: Caller) => void) {
    super();
    this.bytes = size;
    this.#granted = granted;
  }

  granted(): void {
    this.#granted(this);
  }

  closed(): void {}
}

test('first come, first served, and within both bounds at every step', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), steps, (capacity, script) => {
      const maxBytes = 100;
      const admission = new Admission(capacity, maxBytes);
      const holders: Holder[] = [];
      const line: Caller[] = [];
      const heldBytes = () => holders.reduce((sum, holder) => sum + holder.bytes, 0);
      const fits = (size: number) =>
        holders.length < capacity && (size === 0 || heldBytes() === 0 || heldBytes() + size <= maxBytes);
      const granted = (caller: Caller) => {
        // Only ever the first in line, and only if the model has room as well.
        expect(line.shift()).toBe(caller);
        expect(fits(caller.bytes)).toBe(true);
        holders.push({ bytes: caller.bytes });
      };
      for (const step of script) {
        if (step.kind === 'try') {
          const expected = line.length === 0 && fits(step.bytes);
          expect(admission.tryAdmit(step.bytes)).toBe(expected);
          if (expected) holders.push({ bytes: step.bytes });
        } else if (step.kind === 'wait') {
          // As its users do: a caller waits only when it was not admitted at once.
          if (admission.tryAdmit(step.bytes)) holders.push({ bytes: step.bytes });
          else {
            const caller = new Caller(step.bytes, granted);
            line.push(caller);
            admission.wait(caller);
          }
        } else if (step.kind === 'leave') {
          const [gone] = line.splice(step.at, 1);
          if (gone !== undefined) admission.leave(gone);
        } else if (step.kind === 'start') {
          const holder = holders[step.at];
          if (holder === undefined || holder.bytes === 0) continue;
          const { bytes: size } = holder;
          holder.bytes = 0;
          admission.releaseBytes(size);
        } else {
          const [holder] = holders.splice(step.at, 1);
          if (holder === undefined) continue;
          // The model gives back both at once, as a task that has started holds no bytes.
          if (holder.bytes > 0) {
            holders.push(holder);
            const { bytes: size } = holder;
            holder.bytes = 0;
            admission.releaseBytes(size);
            holders.splice(holders.indexOf(holder), 1);
          }
          admission.releasePlace();
        }
        expect(admission.placesTaken).toBe(holders.length);
        expect(admission.bytesTaken).toBe(heldBytes());
        expect(admission.waiting).toBe(line.length);
        expect(admission.placesTaken).toBeLessThanOrEqual(capacity);
        const withBytes = holders.filter((holder) => holder.bytes > 0);
        if (withBytes.length > 1) expect(admission.bytesTaken).toBeLessThanOrEqual(maxBytes);
        const [first] = line;
        if (first !== undefined) expect(fits(first.bytes)).toBe(false);
      }
    }),
    { numRuns: 500 },
  );
});
