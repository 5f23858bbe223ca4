import { validateTaskOptions } from '../../tasks/task-options.ts';
import type { TaskOptions } from '../../tasks/task-options.ts';
import type { ToMain } from './messages.ts';

type Fields = Readonly<Record<string, unknown>>;
type Check = (fields: Fields) => boolean;

const isCount = (value: unknown): boolean => Number.isInteger(value);
const isText = (value: unknown): boolean => typeof value === 'string';
const isOptional = (value: unknown, check: (value: unknown) => boolean): boolean =>
  value === undefined || check(value);

/** The shape of each message, as far as it is read without asking. What is in its lists is read by those who decode them. */
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
  call: ({ call, batch, position, module, name, args, options, tellAdmitted }) =>
    isCount(call) &&
    isCount(batch) &&
    isCount(position) &&
    isText(module) &&
    isText(name) &&
    isEncoded(args) &&
    typeof tellAdmitted === 'boolean' &&
    validateTaskOptions(options as TaskOptions) !== undefined,
  withdraw: ({ withdraw }) => isCount(withdraw),
  waits: ({ waits, seen, from }) => isCount(waits) && isCount(seen) && isOptional(from, isOrigin),
  left: ({ left }) => isListOf(left, (entry) => Array.isArray(entry) && isText(entry[0])),
  returned: ({ returned, tasks }) => isCount(returned) && isListOf(tasks, isReturned),
  exiting: () => true,
  broken: ({ why }) => isText(why),
  uncaught: () => true,
};

/**
 * What a thread has sent, as what it says it is.
 *
 * @throws for anything else. A thread sends that only if a task has changed what it rests on, or has got hold of its port.
 */
export function readMessage(message: unknown): ToMain {
  const fields = (message ?? {}) as Fields;
  const { kind } = fields;
  if (typeof kind === 'string' && Object.hasOwn(checks, kind) && checks[kind as ToMain['kind']](fields))
    return message as ToMain;
  throw new TypeError('the thread sent a message that makes no sense');
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

function isReturned(task: unknown): boolean {
  if (!Array.isArray(task)) return false;
  const [position, args, transfer] = task as unknown[];
  return isCount(position) && isEncoded(args) && Array.isArray(transfer);
}

function isEncoded(encoded: unknown): boolean {
  return Array.isArray(((encoded ?? {}) as Fields)['values']);
}
