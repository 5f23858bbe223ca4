import { syncBuiltinESMExports } from 'node:module';
import process from 'node:process';
import workerThreads, { parentPort, receiveMessageOnPort } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { Claims, claim } from '../wire/claims.ts';
import { encodeReason } from '../wire/error-codec.ts';
import { enterPlace } from '../executor-place.ts';
import { handBack } from './hand-back.ts';
import { countGroups } from './isolation/console-groups.ts';
import { hidePorts } from './isolation/hide-ports.ts';
import { isolated } from './isolation/isolated.ts';
import { tearDown } from './loading/module-hooks.ts';
import { threadPlace } from './loading/module-loads.ts';
import { BatchRunner } from './run-batches.ts';
import { inFreshContext } from './task-context.ts';
import { redirectOutput } from './isolation/thread-output.ts';
import { ThreadExit } from './isolation/thread-exit.ts';
import { shortenCauses } from './isolation/uncaught-error.ts';
import type { LoneCall } from '../wire/lone-call.ts';
import { PollWords } from '../wire/poll-words.ts';
import { Poller } from './poller.ts';
import { decode } from '../wire/value-codec.ts';
import type { Encoded } from '../wire/value-codec.ts';
import type {
  BatchMessage,
  Boot,
  Broken,
  Exiting,
  Left,
  ToWorker,
  Uncaught,
  Unread,
} from '../wire/messages.ts';

const { setPrototypeOf } = Object;
const isArray: (value: unknown) => value is readonly unknown[] = Array.isArray;

/** Piscina calls this function once; from then on both sides talk through a port of their own. */
export default function boot(message: Boot): void {
  enterPlace(threadPlace);
  const port = isolated(message.port, 'postMessage');
  const claims = new Claims(message.claims);
  const exit = new ThreadExit(exiting);
  redirectOutput(message.output);
  countGroups();
  hidePorts();
  const runner = new BatchRunner(message, claims, broken);
  // Piscina's one message has arrived; a task could emit another.
  forgetListeners();
  if (message.workerData !== undefined) setWorkerData(message.workerData);

  // Messages so far: this number tells the main thread which message could not be read.
  let arrived = 0;
  const poller = new Poller(new PollWords(message.poll.words), message.poll.limits);
  port.on('message', (received: ToWorker | LoneCall) => {
    if (receive(received)) poller.poll(arrived);
    else poller.stop();
  });

  /** Never throws. @returns true if the thread has nothing else to do. */
  function receive(received: ToWorker | LoneCall): boolean {
    arrived++;
    try {
      // Without a prototype: an absent field must not be read from one that a task has changed.
      if (isArray(received)) return runner.takeLone(received);
      take(setPrototypeOf(received, null) as ToWorker);
    } catch (error) {
      broken(error);
    }
    return false;
  }

  // A message that is nested too deeply for this thread's stack.
  port.on('messageerror', (error) => {
    poller.stop();
    port.postMessage({ kind: 'unread', unread: ++arrived, reason: encodeReason(error) } satisfies Unread);
  });

  function take(received: ToWorker): void {
    if (received.kind === 'batch') runner.take(received);
    else if (received.kind === 'stop') runner.parking.stop(received);
    else if (received.kind === 'told') runner.parking.told(received);
    else if (received.kind === 'readOn') runner.parking.readOn(received);
    else if (received.kind === 'fed') runner.parking.fed(received);
    else if (received.kind === 'draw') runner.parking.draw(received);
    else if (received.kind === 'recalled') runner.replacement.recalled();
    else if (received.kind === 'resume') runner.task.resume();
    else void leave();
  }

  process.on('uncaughtExceptionMonitor', (error) => {
    port.postMessage({ kind: 'uncaught', uncaught: encodeReason(error) } satisfies Uncaught);
    shortenCauses(error);
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

  /** The thread ends by `process.exit` or an uncaught error: sends finished results, and hands back what had moved here. */
  function exiting(): void {
    port.postMessage({ kind: 'exiting' } satisfies Exiting);
    for (const batch of [...runner.abandon(), ...unreadBatches(port)]) {
      const isUnclaimed = (position: number) =>
        Atomics.load(claims.words, batch.base + position) === claim.sent;
      const back = handBack(batch, isUnclaimed);
      if (back !== undefined) port.postMessage(...back);
    }
  }

  /** The thread can't go on: a task has changed something that the thread's own code needs. */
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

function unreadBatches(port: MessagePort): BatchMessage[] {
  const batches: BatchMessage[] = [];
  try {
    for (let got = receiveMessageOnPort(port); got; got = receiveMessageOnPort(port)) {
      const message = setPrototypeOf(got.message, null) as ToWorker;
      if (message.kind === 'batch') batches.push(message);
    }
  } catch {
    // A message that can't be read: what had moved with it is lost.
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
