/** `0.876` as `88 %`; a share above 0 never prints as 0, nor as less than 0.01 %, which no measurement resolves. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 1) return `${Number(Math.max(value, 0.01).toPrecision(1))} %`;
  return `${Math.round(value)} %`;
}

/** Formats milliseconds with a fitting unit and two or three digits. */
export function duration(ms: number): string {
  // The clock does not resolve a tenth of a microsecond.
  if (ms < 0.0001) return '0 µs';
  if (ms < 0.9995) return `${digits(ms * 1000)} µs`;
  return ms < 999.5 ? `${digits(ms)} ms` : `${digits(ms / 1000)} s`;
}

/** Formats a number for readers: 2.7, 64, 2,818. */
export function count(value: number): string {
  if (value < 10) return String(Number(value.toFixed(1)));
  return Math.round(value)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

export function callers(value: number): string {
  const rounded = Math.max(1, Math.round(value));
  return rounded === 1 ? '1 caller waits' : `${count(rounded)} callers wait`;
}

function digits(value: number): string {
  return value >= 9.95 ? Math.round(value).toString() : Number(value.toPrecision(2)).toString();
}
