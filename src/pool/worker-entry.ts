import { transfersOf } from '../tasks/transferable.ts';
import { dataCloneError } from './uncloneable.ts';
import { encodeReason } from './error-codec.ts';
import type { EncodedReason } from './error-codec.ts';
import { findBuffers, reviveBuffers, unpooled } from './buffers.ts';
import { loadTask } from './load-task.ts';
import type { TaskFunction } from './load-task.ts';
import { claim, Claims } from './wire.ts';
import type { Answers, Batch, Boot } from './wire.ts';
import type { MessagePort, Transferable } from 'node:worker_threads';

/*
 * The worker's side of the wire: the function that Piscina calls, once with a Boot and then with each Batch.
 *
 *   Batch → for each task: claim → run → collect → (send on, if the oldest result is a millisecond old) → reply
 *
 * Results that are primitive values are the reply of the Piscina run: one message each way. Everything else goes
 * through a port of our own, where a value that can't be cloned can be caught (in Piscina it would end the thread).
 */

/** A finished result waits no longer than this for others before it is sent on. Milliseconds. */
const maxDelayMs = 1;

let port: MessagePort;
let claims: Claims;
/** From this thread's clock to the main thread's. */
let clockOffset = 0;
const targets: (readonly [index: number, module: string, name: string])[] = [];
const functions: (TaskFunction | undefined)[] = [];
/** Finished and not sent yet. */
let collected: { id: number; from: number; values: unknown[]; failures: [number, EncodedReason][] } | null =
  null;
/** The last replies that went through Piscina: lost if the thread dies before they have been read. */
let lastReplies: Answers[] = [];

export default function receive(message: Boot | Batch): Promise<Answers | undefined> | undefined {
  if (message.kind === 'batch') return runBatch(message);
  port = message.port;
  claims = new Claims(message.claims);
  clockOffset = performance.timeOrigin - message.timeOrigin;
  process.on('exit', sendLast);
  return undefined;
}

async function runBatch({
  id,
  base,
  runs,
  args,
  targets: added,
  buffers,
}: Batch): Promise<Answers | undefined> {
  for (const target of added ?? []) targets[target[0]] = target;
  reviveBuffers(args, buffers);
  const batch = { id, from: 0, values: [] as unknown[], failures: [] as [number, EncodedReason][] };
  collected = batch;
  const { words, startedAt, endedAt } = claims;
  let word = base;
  let argument = 0;
  let oldest = 0;
  for (let run = 0; run < runs.length; run += 3) {
    const target = runs[run] as number;
    const arity = runs[run + 2] as number;
    for (let left = runs[run + 1] as number; left > 0; left--, word++, argument += arity) {
      const started = performance.now();
      if (batch.values.length === 0) oldest = started;
      else if (started - oldest >= maxDelayMs) {
        deliver(batch.id, batch.from, batch.values, batch.failures);
        batch.from += batch.values.length;
        batch.values = [];
        batch.failures = [];
        oldest = started;
      }
      startedAt[word] = started + clockOffset;
      if (Atomics.compareExchange(words, word, claim.sent, claim.running) !== claim.sent) {
        batch.values.push(undefined);
        continue;
      }
      let value: unknown;
      try {
        let fn = functions[target];
        if (fn === undefined) {
          fn = await load(target);
          startedAt[word] = performance.now() + clockOffset;
        }
        value = call(fn, args, argument, arity);
        if (isThenable(value)) value = await value;
      } catch (error) {
        batch.failures.push([word - base, encodeReason(error)]);
        value = undefined;
      }
      endedAt[word] = performance.now() + clockOffset;
      batch.values.push(value);
      Atomics.store(words, word, claim.finished);
    }
  }
  collected = null;
  return reply(batch.id, batch.from, batch.values, batch.failures);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value;
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

/** As the result of the Piscina run if nothing in it can go wrong, or else by our own port. */
function reply(
  id: number,
  from: number,
  values: unknown[],
  failures: [number, EncodedReason][],
): Answers | undefined {
  if (values.every(isPrimitive)) {
    const answers = failures.length === 0 ? { id, from, values } : { id, from, values, failures };
    lastReplies = [...lastReplies.slice(-1), answers];
    return answers;
  }
  deliver(id, from, values, failures);
  return undefined;
}

function isPrimitive(value: unknown): boolean {
  return (
    (typeof value !== 'object' || value === null) && typeof value !== 'function' && typeof value !== 'symbol'
  );
}

/**
 * Sends by our own port. If something among the values can't be cloned, the halves are sent by themselves, down to
 * the single value that is to blame.
 */
function deliver(id: number, from: number, results: unknown[], failures: [number, EncodedReason][]): void {
  if (results.length === 0) return;
  const transfer: Transferable[] = [];
  const values = results.map((result) => {
    const moved = transfersOf(result);
    if (moved === undefined) return unpooled(result);
    transfer.push(...moved);
    return (result as { value: unknown }).value;
  });
  try {
    port.postMessage(
      { id, from, values, failures, buffers: findBuffers(values) } satisfies Answers,
      transfer,
    );
  } catch (error) {
    if (results.length === 1) {
      const reason = encodeReason(dataCloneError(error, values[0], 'result'));
      port.postMessage({ id, from, values: [undefined], failures: [[from, reason]] } satisfies Answers);
      return;
    }
    const half = results.length >> 1;
    const middle = from + half;
    deliver(
      id,
      from,
      results.slice(0, half),
      failures.filter(([position]) => position < middle),
    );
    deliver(
      id,
      middle,
      results.slice(half),
      failures.filter(([position]) => position >= middle),
    );
  }
}

/** The thread is about to end, by `process.exit` or an uncaught error: what had finished must not go with it. */
function sendLast(): void {
  for (const answers of lastReplies) port.postMessage(answers);
  if (collected !== null) deliver(collected.id, collected.from, collected.values, collected.failures);
}
