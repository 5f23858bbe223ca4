import { receiveMessageOnPort } from 'node:worker_threads';
import type { MessagePort, Transferable } from 'node:worker_threads';
import { transfersOf } from '../tasks/transferable.ts';
import { findBuffers, reviveBuffers, unpooled } from './buffers.ts';
import { encodeReason } from './error-codec.ts';
import type { EncodedReason } from './error-codec.ts';
import { handBack } from './hand-back.ts';
import { loadTask } from './load-task.ts';
import type { TaskFunction } from './load-task.ts';
import { runTraced } from './trace-context.ts';
import type { Carrier } from './trace-context.ts';
import { dataCloneError } from './uncloneable.ts';
import { claim, Claims } from './wire.ts';
import type { Answers, Batch, Begun, Boot } from './wire.ts';

/*
 * The worker's side of the wire.
 *
 *   Batch → for each task: claim → run → collect → (send on, if the oldest result is a millisecond old) → answer
 *
 * Batches are run one after the other, also when their tasks are asynchronous: a worker runs one task at a time.
 */

/** A finished result waits no longer than this for others before it is sent on. Milliseconds. */
const maxDelayMs = 1;

type EncodedFailure = [position: number, reason: EncodedReason];

let port: MessagePort;
let claims: Claims;
/** From this thread's clock to the main thread's. */
let clockOffset = 0;
const targets: (readonly [index: number, module: string, name: string])[] = [];
const functions: (TaskFunction | undefined)[] = [];
const batches: Batch[] = [];
/** The batch that is being run, with what has finished and was not sent. */
let current: { batch: Batch; from: number; values: unknown[]; failures: EncodedFailure[] } | null = null;

/** The function that Piscina calls, once: from then on the two sides talk through a port of their own. */
export default function boot(message: Boot): void {
  port = message.port;
  claims = new Claims(message.claims);
  clockOffset = performance.timeOrigin - message.timeOrigin;
  // By process.exit or an uncaught error.
  process.on('exit', leave);
  port.on('message', (batch: Batch) => {
    batches.push(batch);
    if (current === null) void runBatches();
  });
}

async function runBatches(): Promise<void> {
  for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
    current = { batch, from: 0, values: [], failures: [] };
    await runBatch(batch, current);
    sendCollected(true);
    current = null;
  }
}

async function runBatch(batch: Batch, collected: NonNullable<typeof current>): Promise<void> {
  const { base, runs, args } = batch;
  for (const target of batch.targets ?? []) targets[target[0]] = target;
  reviveBuffers(args, batch.buffers);
  const { words, startedAt, endedAt } = claims;
  let word = base;
  let argument = 0;
  let now = performance.now();
  let oldest = now;
  const carriers = batch.carriers && new Map(batch.carriers);
  for (let run = 0; run < runs.length; run += 3) {
    const target = runs[run] as number;
    const arity = runs[run + 2] as number;
    for (let left = runs[run + 1] as number; left > 0; left--, word++, argument += arity) {
      if (now - oldest >= maxDelayMs) sendCollected(false);
      if (collected.values.length === 0) oldest = now;
      startedAt[word] = now + clockOffset;
      if (Atomics.compareExchange(words, word, claim.sent, claim.running) !== claim.sent) {
        collected.values.push(undefined);
        continue;
      }
      if (batch.announce && word === base) port.postMessage({ begun: batch.id } satisfies Begun);
      let value: unknown;
      try {
        let fn = functions[target];
        if (fn === undefined) {
          fn = await load(target);
          startedAt[word] = performance.now() + clockOffset;
        }
        const carrier = carriers?.get(word - base);
        value =
          carrier === undefined
            ? call(fn, args, argument, arity)
            : traced(carrier, target, fn, args.slice(argument, argument + arity));
        if (isThenable(value)) value = await value;
      } catch (error) {
        collected.failures.push([word - base, encodeReason(error)]);
        value = undefined;
      }
      now = performance.now();
      endedAt[word] = now + clockOffset;
      collected.values.push(value);
      Atomics.store(words, word, claim.finished);
    }
  }
}

/** The thread is ending: what had finished must not go with it, nor what had moved to it for others. */
function leave(): void {
  sendCollected(false);
  for (let got = receiveMessageOnPort(port); got; got = receiveMessageOnPort(port)) {
    batches.push(got.message as Batch);
  }
  for (const batch of current === null ? batches : [current.batch, ...batches]) {
    const back = handBack(
      batch,
      (position) => Atomics.load(claims.words, batch.base + position) === claim.sent,
    );
    if (back !== undefined) port.postMessage(...back);
  }
}

async function load(index: number): Promise<TaskFunction> {
  const [, module, name] = targets[index] as (typeof targets)[number];
  return (functions[index] = await loadTask(module, name));
}

function call(fn: TaskFunction, args: unknown[], from: number, arity: number): unknown {
  if (arity === 0) return fn();
  if (arity === 1) return fn(args[from]);
  if (arity === 2) return fn(args[from], args[from + 1]);
  return fn(...args.slice(from, from + arity));
}

function traced(carrier: Carrier, target: number, fn: TaskFunction, args: unknown[]): Promise<unknown> {
  const [, , name] = targets[target] as (typeof targets)[number];
  return runTraced(carrier, name, () => fn(...args));
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value;
}

function sendCollected(last: boolean): void {
  if (current === null) return;
  const { batch, from, values, failures } = current;
  current.from += values.length;
  current.values = [];
  current.failures = [];
  send(batch.id, from, values, failures, last);
}

/**
 * Sends results on. If something among them can't be cloned, the halves are sent by themselves, down to the single
 * value that is to blame.
 */
function send(id: number, from: number, results: unknown[], failures: EncodedFailure[], last: boolean): void {
  const transfer: Transferable[] = [];
  const values = results.map((result) => {
    if (typeof result !== 'object' || result === null) return result;
    const moved = transfersOf(result);
    if (moved === undefined) return unpooled(result);
    transfer.push(...moved);
    return (result as { value: unknown }).value;
  });
  try {
    const answers: Answers = { id, from, last, values };
    if (failures.length > 0) answers.failures = failures;
    const buffers = findBuffers(values);
    if (buffers !== undefined) answers.buffers = buffers;
    port.postMessage(answers, transfer);
  } catch (error) {
    if (results.length === 1) {
      const reason = encodeReason(dataCloneError(error, values[0], 'result'));
      send(id, from, [undefined], [[from, reason]], last);
      return;
    }
    const half = results.length >> 1;
    const middle = from + half;
    send(
      id,
      from,
      results.slice(0, half),
      failures.filter(([position]) => position < middle),
      false,
    );
    send(
      id,
      middle,
      results.slice(half),
      failures.filter(([position]) => position >= middle),
      last,
    );
  }
}
