const three = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });
const two = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 2 });

/** Three significant digits: `12,300`, `1.23`. */
export const amount = (value: number): string => three.format(value);

/** `2.35 ms`, `1.2 s` */
export const milliseconds = (ms: number): string => (ms < 1000 ? `${two.format(ms)} ms` : seconds(ms / 1000));

/** `0.05 s`, `90 s`, `5 min` */
export const seconds = (value: number): string =>
  value < 120 ? `${two.format(value)} s` : `${two.format(value / 60)} min`;

export const percent = (share: number): string => `${Math.round(share * 100)} %`;
