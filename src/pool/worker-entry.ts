import { syncBuiltinESMExports } from 'node:module';
import workerThreads, { receiveMessageOnPort } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { Claims, claim } from './claims.ts';
import { encodeReason } from './error-codec.ts';
import { enterPlace } from './executor-place.ts';
import { handBack } from './hand-back.ts';
import { tearDown } from './module-hooks.ts';
import { threadPlace } from './module-loads.ts';
import { BatchRunner } from './run-batches.ts';
import { decode } from './value-codec.ts';
import type { Encoded } from './value-codec.ts';
import type { Batch, Boot, Left, ToWorker, Uncaught, Unread } from './wire.ts';

/** The function that Piscina calls, once: from then on the two sides talk through a port of their own. */
export default function boot(message: Boot): void {
  enterPlace(threadPlace);
  const { port } = message;
  const claims = new Claims(message.claims);
  const runner = new BatchRunner(message, claims);
  if (message.workerData !== undefined) setWorkerData(message.workerData);

  // Messages so far, by which the main thread knows which one could not be read.
  let arrived = 0;
  port.on('message', (received: ToWorker) => {
    arrived++;
    if ('runs' in received) runner.take(received);
    else if ('stop' in received) runner.parking.stop(received);
    else if ('told' in received) runner.parking.told(received);
    else if ('recalled' in received) runner.memory.recalled();
    else if ('resume' in received) runner.task.resume();
    else void leave();
  });

  // Nested so deeply that it could be written, but not be read.
  port.on('messageerror', (error) => {
    port.postMessage({ unread: ++arrived, reason: encodeReason(error) } satisfies Unread);
  });

  async function leave(): Promise<void> {
    port.postMessage({ left: await tearDown() } satisfies Left);
  }

  process.on('uncaughtExceptionMonitor', (error) => {
    port.postMessage({ uncaught: encodeReason(error) } satisfies Uncaught);
  });

  // By process.exit or an uncaught error: what had finished must not go with the thread, nor what had moved to it.
  process.on('exit', () => {
    for (const batch of [...runner.abandon(), ...unreadBatches(port)]) {
      const isUnclaimed = (position: number) =>
        Atomics.load(claims.words, batch.base + position) === claim.sent;
      const back = handBack(batch, isUnclaimed);
      if (back !== undefined) port.postMessage(...back);
    }
  });
}

/** For the modules that are loaded from now on. */
function setWorkerData(encoded: Encoded): void {
  Object.assign(workerThreads, { workerData: decode(encoded)[0] });
  syncBuiltinESMExports();
}

function unreadBatches(port: MessagePort): Batch[] {
  const batches: Batch[] = [];
  try {
    for (let got = receiveMessageOnPort(port); got; got = receiveMessageOnPort(port)) {
      if ('runs' in (got.message as ToWorker)) batches.push(got.message as Batch);
    }
  } catch {
    // One that can't be read: what had moved with it is lost.
  }
  return batches;
}
