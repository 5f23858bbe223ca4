/**
 * Milliseconds after which what must come is taken to hang: shorter than the time limit of a test, so that the test tells what it
 * waited for, and long enough for a machine that has much else to do.
 */
export const patienceMs = 100_000;
