/** Twelve colours for functions, in the order of first sight. None is blue: blues stand for places. */
const hues = [
  '#cf5b5b',
  '#2f9e78',
  '#b565b8',
  '#46a8a0',
  '#dd8a2c',
  '#a8972a',
  '#c2587f',
  '#6fa83c',
  '#8d6e50',
  '#d77c62',
  '#7a8f5a',
  '#a2789a',
] as const;

export const functionColor = (slot: number): string => hues[slot % hues.length] as string;

export interface Place {
  readonly key: 'waiting' | 'queued' | 'sent' | 'running' | 'unread';
  readonly name: string;
  readonly title: string;
  readonly color: string;
}

/** The places of a task, in the order in which it passes them. */
export const places: readonly Place[] = [
  { key: 'waiting', name: 'waiting', title: 'Wait for a place', color: '#dc9a32' },
  { key: 'queued', name: 'queued', title: 'In the queue', color: '#9fb3cd' },
  { key: 'sent', name: 'on their way', title: 'On their way', color: '#66b5ee' },
  { key: 'running', name: 'running', title: 'Running', color: '#1d6fb8' },
  { key: 'unread', name: 'unread', title: 'Results unread', color: '#6c60b6' },
];

/** The present value of a colour of the theme. */
export const themed = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
