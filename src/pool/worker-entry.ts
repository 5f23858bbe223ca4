import { receiveMessageOnPort } from 'node:worker_threads';
import { Claims, claim } from './claims.ts';
import { handBack } from './hand-back.ts';
import { tearDown } from './module-hooks.ts';
import { BatchRunner } from './run-batches.ts';
import type { Batch, Boot, Left, ToWorker } from './wire.ts';

/** The function that Piscina calls, once: from then on the two sides talk through a port of their own. */
export default function boot(message: Boot): void {
  const { port } = message;
  const claims = new Claims(message.claims);
  const runner = new BatchRunner(message, claims);

  port.on('message', (received: ToWorker) => {
    if ('runs' in received) runner.take(received);
    else if ('stop' in received) runner.task.stop(received.stop, received.position, received.reason);
    else if ('resume' in received) runner.task.resume();
    else void leave();
  });

  // A batch that can't be read would be waited for without end.
  port.on('messageerror', (error) => {
    throw error;
  });

  async function leave(): Promise<void> {
    port.postMessage({ left: await tearDown() } satisfies Left);
  }

  // By process.exit or an uncaught error: what had finished must not go with the thread, nor what had moved to it.
  process.on('exit', () => {
    const unread: Batch[] = [];
    for (let got = receiveMessageOnPort(port); got; got = receiveMessageOnPort(port)) {
      if ('runs' in (got.message as ToWorker)) unread.push(got.message as Batch);
    }
    for (const batch of [...runner.abandon(), ...unread]) {
      const back = handBack(
        batch,
        (position) => Atomics.load(claims.words, batch.base + position) === claim.sent,
      );
      if (back !== undefined) port.postMessage(...back);
    }
  });
}
