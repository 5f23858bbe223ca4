import type { Job } from '../../scheduler/job/job.ts';
import { dataCloneError } from '../../pool/wire/uncloneable.ts';
import { decodeCalls, encodeCalls } from '../wire/batch-wire.ts';
import type { RemoteCall, RemoteOptions } from '../wire/batch-wire.ts';
import type { Modules } from './modules.ts';
import { Task } from '../../tasks/task.ts';
import type { RemoteEnd } from './settle.ts';

const noOptions: RemoteOptions = Object.freeze({});

function callOf({ task, args, options, carrier }: Job, modules: Modules): RemoteCall {
  const { timeoutMs, interrupt, label } = options;
  const isPlain = timeoutMs === undefined && interrupt === undefined && label === undefined;
  return {
    module: modules.nameOf(Task.targetOf(task)),
    name: task.name,
    args,
    options: isPlain
      ? noOptions
      : {
          ...(timeoutMs === undefined ? {} : { timeoutMs }),
          ...(interrupt === undefined ? {} : { interrupt }),
          ...(label === undefined ? {} : { label }),
        },
    carrier,
  };
}

/**
 * Encodes jobs for sending. If a job can't be encoded, the others go without it.
 *
 * Detaches transferred buffers, as on one machine, but copies them before, because the job may have to be sent again.
 */
export function encodeJobs(
  jobs: readonly Job[],
  modules: Modules,
): { readonly payload: Buffer | undefined; readonly unsendable: readonly RemoteEnd[] } {
  try {
    const payload = encode(jobs, modules);
    detach(jobs, payload);
    return { payload, unsendable: [] };
  } catch (error) {
    const [only] = jobs;
    if (jobs.length === 1 && only !== undefined)
      return {
        payload: undefined,
        unsendable: [{ job: only, how: 'rejected', value: problem(error, only) }],
      };
    return { payload: undefined, unsendable: jobs.map((job) => sortOut(job, modules)) };
  }
}

function encode(jobs: readonly Job[], modules: Modules): Buffer {
  const calls = jobs.map((job) => callOf(job, modules));
  return encodeCalls(calls, modules.digestsOf(new Set(jobs.map(({ task }) => Task.targetOf(task)))));
}

function sortOut(job: Job, modules: Modules): RemoteEnd {
  try {
    encode([job], modules);
    return { job, how: 'again' };
  } catch (error) {
    return { job, how: 'rejected', value: problem(error, job) };
  }
}

function problem(error: unknown, { args }: Job): unknown {
  return dataCloneError(error, args, 'args');
}

/** @throws {DOMException} `DataCloneError` for an object that can't be detached. */
function detach(jobs: readonly Job[], payload: Buffer): void {
  if (jobs.every(({ transfer }) => transfer === undefined)) return;
  const { calls } = decodeCalls(payload);
  for (const [position, job] of jobs.entries()) {
    const { transfer } = job;
    if (transfer === undefined) continue;
    structuredClone(null, { transfer: [...transfer] as ArrayBuffer[] });
    job.args = calls[position]?.args ?? [];
    job.transfer = undefined;
  }
}
