import { validateTaskOptions } from '../../tasks/task-options.ts';
import type { TaskOptions } from '../../tasks/task-options.ts';
import { isPrimitive } from './lone-call.ts';
import type { LoneAnswer } from './lone-call.ts';
import type { ToMain } from './messages.ts';

type Fields = Readonly<Record<string, unknown>>;
type Check = (fields: Fields) => boolean;

const isCount = (value: unknown): boolean => Number.isInteger(value);
const isText = (value: unknown): boolean => typeof value === 'string';
const isOptional = (value: unknown, check: (value: unknown) => boolean): boolean =>
  value === undefined || check(value);

/** Checks the top-level fields of each message. The decoders check the contents of lists. */
const checks: Readonly<Record<ToMain['kind'], Check>> = {
  answers: ({ id, from, last, values, failures, extras }) =>
    isCount(id) &&
    isCount(from) &&
    typeof last === 'boolean' &&
    Array.isArray(values) &&
    isOptional(failures, (list) => isFailures(list, from as number, values.length)) &&
    isOptional(extras, Array.isArray),
  begun: ({ begun }) => isCount(begun),
  unread: ({ unread }) => isCount(unread),
  reported: ({ reported, position, report }) => isCount(reported) && isCount(position) && isEncoded(report),
  call: ({ call, batch, position, module, name, args, options, tellAdmitted, flow, sources }) =>
    isCount(call) &&
    isCount(batch) &&
    isCount(position) &&
    isText(module) &&
    isText(name) &&
    isEncoded(args) &&
    typeof tellAdmitted === 'boolean' &&
    isOptional(flow, isFlow) &&
    isOptional(sources, (list) => isListOf(list, isCount)) &&
    validateTaskOptions(options as TaskOptions) !== undefined,
  withdraw: ({ withdraw }) => isCount(withdraw),
  took: ({ took }) => isCount(took),
  waits: ({ waits, seen, from }) => isCount(waits) && isCount(seen) && isOptional(from, isOrigin),
  items: ({ items, values, extras }) =>
    isCount(items) && Array.isArray(values) && isOptional(extras, Array.isArray),
  pull: ({ pull, source, credits }) => isCount(pull) && isCount(source) && isOptional(credits, isCredits),
  leaveSource: ({ leaveSource, source }) => isCount(leaveSource) && isCount(source),
  supplied: ({ supplied, source, values, extras, end }) =>
    isCount(supplied) &&
    isCount(source) &&
    Array.isArray(values) &&
    isOptional(extras, Array.isArray) &&
    isOptional(end, isEnd),
  left: ({ left }) => isListOf(left, (entry) => Array.isArray(entry) && isText(entry[0])),
  returned: ({ returned, tasks }) => isCount(returned) && isListOf(tasks, isReturned),
  exiting: () => true,
  spoiled: ({ spoiled }) => isListOf(spoiled, isText),
  broken: ({ why }) => isText(why),
  uncaught: () => true,
};

/**
 * Checks a message of a worker thread, and returns it typed.
 *
 * @throws for anything else. A thread sends such a message only if a task has changed its built-ins or has got hold of its port.
 */
export function readMessage(message: unknown): ToMain {
  const fields = (message ?? {}) as Fields;
  const { kind } = fields;
  if (typeof kind === 'string' && Object.hasOwn(checks, kind) && checks[kind as ToMain['kind']](fields))
    return message as ToMain;
  throw new TypeError('the thread sent an invalid message');
}

/** @throws as `readMessage`. */
export function readLoneAnswer(message: readonly unknown[]): LoneAnswer {
  const [id, value] = message;
  if (message.length === 2 && isCount(id) && isPrimitive(value)) return message as unknown as LoneAnswer;
  throw new TypeError('the thread sent an invalid answer');
}

function isListOf(list: unknown, check: (entry: unknown) => boolean): boolean {
  return Array.isArray(list) && list.every(check);
}

function isFailures(list: unknown, from: number, count: number): boolean {
  return isListOf(list, (entry) => {
    const position: unknown = Array.isArray(entry) ? entry[0] : undefined;
    return isCount(position) && (position as number) >= from && (position as number) < from + count;
  });
}

function isOrigin(from: unknown): boolean {
  const { batch, position, claims } = (from ?? {}) as Fields;
  return (
    isCount(batch) && isCount(position) && claims instanceof SharedArrayBuffer && claims.byteLength >= 44
  );
}

function isFlow(flow: unknown): boolean {
  const { window, windowBytes, credits } = (flow ?? {}) as Fields;
  return typeof window === 'number' && typeof windowBytes === 'number' && isCredits(credits);
}

function isCredits(credits: unknown): boolean {
  return credits instanceof SharedArrayBuffer && credits.byteLength >= 16;
}

function isEnd(end: unknown): boolean {
  const { value, reason } = (end ?? {}) as Fields;
  return value === undefined ? reason !== undefined : isEncoded(value);
}

function isReturned(task: unknown): boolean {
  if (!Array.isArray(task)) return false;
  const [position, args, transfer] = task as unknown[];
  return isCount(position) && isEncoded(args) && Array.isArray(transfer);
}

function isEncoded(encoded: unknown): boolean {
  return Array.isArray(((encoded ?? {}) as Fields)['values']);
}
