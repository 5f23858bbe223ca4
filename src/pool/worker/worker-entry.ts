import { syncBuiltinESMExports } from 'node:module';
import process from 'node:process';
import workerThreads, { parentPort, receiveMessageOnPort } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { Claims, claim } from '../wire/claims.ts';
import { encodeReason } from '../wire/error-codec.ts';
import { enterPlace } from '../executor-place.ts';
import { handBack } from './hand-back.ts';
import { hidePorts } from './hide-ports.ts';
import { isolated } from './isolated.ts';
import { tearDown } from './module-hooks.ts';
import { threadPlace } from './module-loads.ts';
import { BatchRunner } from './run-batches.ts';
import { inFreshContext } from './task-context.ts';
import { redirectOutput } from './thread-output.ts';
import { ThreadExit } from './thread-exit.ts';
import { decode } from '../wire/value-codec.ts';
import type { Encoded } from '../wire/value-codec.ts';
import type { Batch, Boot, Broken, Exiting, Left, ToWorker, Uncaught, Unread } from '../wire/messages.ts';

const { setPrototypeOf } = Object;

/** The function that Piscina calls, once: from then on the two sides talk through a port of their own. */
export default function boot(message: Boot): void {
  enterPlace(threadPlace);
  const port = isolated(message.port, 'postMessage');
  const claims = new Claims(message.claims);
  const exit = new ThreadExit(exiting);
  const runner = new BatchRunner(message, claims, broken);
  redirectOutput(message.output);
  hidePorts();
  // Piscina has had its one message here; a task could emit another one.
  forgetListeners();
  if (message.workerData !== undefined) setWorkerData(message.workerData);

  // Messages so far, by which the main thread knows which one could not be read.
  let arrived = 0;
  port.on('message', (received: ToWorker) => {
    arrived++;
    try {
      // What is missing in it must not be found on a prototype that a task has changed.
      take(setPrototypeOf(received, null) as ToWorker);
    } catch (error) {
      broken(error);
    }
  });

  // Nested so deeply that it could be written, but not be read.
  port.on('messageerror', (error) => {
    port.postMessage({ kind: 'unread', unread: ++arrived, reason: encodeReason(error) } satisfies Unread);
  });

  function take(received: ToWorker): void {
    if (received.kind === 'batch') runner.take(received);
    else if (received.kind === 'stop') runner.parking.stop(received);
    else if (received.kind === 'told') runner.parking.told(received);
    else if (received.kind === 'recalled') runner.memory.recalled();
    else if (received.kind === 'resume') runner.task.resume();
    else void leave();
  }

  process.on('uncaughtExceptionMonitor', (error) => {
    port.postMessage({ kind: 'uncaught', uncaught: encodeReason(error) } satisfies Uncaught);
  });

  async function leave(): Promise<void> {
    try {
      const left = await inFreshContext(tearDown);
      port.postMessage({ kind: 'left', left } satisfies Left);
      exit.gracefully();
    } catch (error) {
      broken(error);
    }
  }

  /** By process.exit or an uncaught error: what had finished must not go with the thread, nor what had moved to it. */
  function exiting(): void {
    port.postMessage({ kind: 'exiting' } satisfies Exiting);
    for (const batch of [...runner.abandon(), ...unreadBatches(port)]) {
      const isUnclaimed = (position: number) =>
        Atomics.load(claims.words, batch.base + position) === claim.sent;
      const back = handBack(batch, isUnclaimed);
      if (back !== undefined) port.postMessage(...back);
    }
  }

  /** A task has changed what all of the thread rests on. */
  function broken(error: unknown): void {
    exit.atOnce(() => {
      port.postMessage({ kind: 'broken', why: `${(error as Error).stack}` } satisfies Broken);
    });
  }
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
      const message = setPrototypeOf(got.message, null) as ToWorker;
      if (message.kind === 'batch') batches.push(message);
    }
  } catch {
    // One that can't be read: what had moved with it is lost.
  }
  return batches;
}

function forgetListeners(): void {
  try {
    parentPort?.removeAllListeners('message');
  } catch {
    // Deno can't.
  }
}
