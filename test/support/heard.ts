import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** Every message of a channel, until it is disposed of. */
export class Heard<T> implements Disposable {
  readonly messages: T[] = [];
  readonly #channel: string;
  readonly #listener: (message: unknown) => void;

  constructor(channel: string, note: (message: T) => void = () => {}) {
    this.#channel = channel;
    this.#listener = (message) => {
      this.messages.push(message as T);
      note(message as T);
    };
    subscribe(channel, this.#listener);
  }

  [Symbol.dispose](): void {
    unsubscribe(this.#channel, this.#listener);
  }
}

/** Messages of threads that come up, or that end; `until` resolves when there are so many. */
export function hear<T>(event: 'start' | 'end'): Heard<T> & { until(count: number): Promise<readonly T[]> } {
  let told = () => {};
  const heard = new Heard<T>(`millrace:worker:${event}`, () => told());
  const until = async (count: number): Promise<readonly T[]> => {
    while (heard.messages.length < count) await new Promise<void>((resolve) => (told = resolve));
    return heard.messages;
  };
  return Object.assign(heard, { until });
}
