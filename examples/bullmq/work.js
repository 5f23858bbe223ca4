import { cancellation, report } from 'millrace/worker';

/** Primes from `from` on, counted for so many milliseconds. */
export function countPrimes(from, milliseconds) {
  const begun = performance.now();
  const signal = cancellation();
  let primes = 0;
  let next = 0;
  for (let n = Math.max(from, 2); ; n++) {
    const share = (performance.now() - begun) / milliseconds;
    if (share >= 1 || signal.aborted) return primes;
    if (100 * share >= next) {
      report({ percent: next });
      next += 25;
    }
    if (isPrime(n)) primes++;
  }
}

function isPrime(n) {
  for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) return false;
  return true;
}
