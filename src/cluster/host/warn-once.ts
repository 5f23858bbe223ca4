import type { ErrorPlace } from '../redis/redis-error.ts';

const mostMessages = 100;

/** A function that warns once for each message: a lasting problem does not repeat its warning. */
export function warnOnce(
  { place, queue }: Pick<ErrorPlace, 'place' | 'queue'>,
  onWarning: (message: string) => void,
): (message: string) => void {
  const warned = new Set<string>();
  return (message) => {
    if (warned.has(message) || warned.size > mostMessages) return;
    warned.add(message);
    onWarning(`host of queue '${queue}' (${place}): ${message}`);
  };
}
