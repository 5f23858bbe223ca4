import type { TaskOptions } from '../../tasks/task-options.ts';
import { decode, encode } from '../../pool/wire/value-codec.ts';
import type { Extras } from '../../pool/wire/value-codec.ts';
import { unpooled } from '../../pool/wire/unpooled.ts';
import { fromBytes, toBytes } from './bytes.ts';

type Carrier = Readonly<Record<string, string>>;

/** The task options that a host applies. */
export type RemoteOptions = Pick<TaskOptions, 'timeoutMs' | 'interrupt' | 'label'>;

/** One call of a task function, for a host to run. */
export interface RemoteCall {
  /** Logical name of the module. */
  readonly module: string;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly options: RemoteOptions;
  readonly carrier: Carrier | undefined;
}

/** The calls of a batch, in few objects: each object costs time to clone. */
interface WireBatch {
  /** Each called pair of module and function, once. */
  readonly targets: readonly (readonly [module: string, name: string])[];
  /** By module: digest of the producer's own file, if it has one. */
  readonly digests: Readonly<Record<string, string>>;
  /** Flat triples: index into `targets`, number of consecutive calls, number of arguments of each call. */
  readonly runs: readonly number[];
  readonly args: unknown[];
  readonly extras?: Extras;
  readonly options?: readonly (readonly [position: number, options: RemoteOptions])[];
  readonly carriers?: readonly (readonly [position: number, carrier: Carrier])[];
}

/** @throws if an argument can't be read or cloned, or can't leave this process. */
export function encodeCalls(calls: readonly RemoteCall[], digests: Readonly<Record<string, string>>): Buffer {
  const targets: [string, string][] = [];
  const known = new Map<string, number>();
  const runs: number[] = [];
  const args: unknown[] = [];
  const options: [number, RemoteOptions][] = [];
  const carriers: [number, Carrier][] = [];
  let last = -3;
  for (const [position, call] of calls.entries()) {
    const key = `${call.module}\n${call.name}`;
    let index = known.get(key);
    if (index === undefined) known.set(key, (index = targets.push([call.module, call.name]) - 1));
    const arity = call.args.length;
    if (runs[last] === index && runs[last + 2] === arity) (runs[last + 1] as number)++;
    else last = runs.push(index, 1, arity) - 3;
    for (const argument of call.args) args.push(unpooled(argument));
    if (hasAny(call.options)) options.push([position, call.options]);
    if (call.carrier !== undefined) carriers.push([position, call.carrier]);
  }
  const { values, extras } = encode(args);
  const batch: WireBatch = {
    targets,
    digests,
    runs,
    args: values,
    ...(extras === undefined ? {} : { extras }),
    ...(options.length === 0 ? {} : { options }),
    ...(carriers.length === 0 ? {} : { carriers }),
  };
  return toBytes(batch);
}

function hasAny({ timeoutMs, interrupt, label }: RemoteOptions): boolean {
  return timeoutMs !== undefined || interrupt !== undefined || label !== undefined;
}

export interface DecodedCalls {
  readonly calls: readonly RemoteCall[];
  readonly digests: Readonly<Record<string, string>>;
}

const none: RemoteOptions = Object.freeze({});

/** Call it only with bytes whose seal is valid. @throws if this version of V8 can't read them. */
export function decodeCalls(bytes: Uint8Array): DecodedCalls {
  const batch = fromBytes(bytes) as WireBatch;
  const args = decode({ values: batch.args, extras: batch.extras });
  const options = new Map(batch.options);
  const carriers = new Map(batch.carriers);
  const calls: RemoteCall[] = [];
  let next = 0;
  for (let at = 0; at < batch.runs.length; at += 3) {
    const [module, name] = batch.targets[batch.runs[at] as number] as readonly [string, string];
    const arity = batch.runs[at + 2] as number;
    for (let left = batch.runs[at + 1] as number; left > 0; left--) {
      const position = calls.length;
      calls.push({
        module,
        name,
        args: args.slice(next, (next += arity)),
        options: options.get(position) ?? none,
        carrier: carriers.get(position),
      });
    }
  }
  return { calls, digests: batch.digests };
}
