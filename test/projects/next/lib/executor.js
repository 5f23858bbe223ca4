// lib/executor.js
import path from 'node:path';
import { Executor, tasks } from 'millrace';
import { OverloadGate, toHttpError } from 'millrace/http';

// A reload evaluates this module anew, but not the global object: the threads stay.
globalThis.millraceGate ??= new OverloadGate(new Executor(), { deadlineMs: 2000 });

export const primes = tasks(path.join(process.cwd(), 'tasks/primes.mjs'));

/** Runs a task for a request: dropped when its client goes or its time is up. */
export async function answer(request, task, toResponse) {
  const gate = globalThis.millraceGate;
  try {
    const future = gate.admit('normal', gate.options.deadlineMs, task, { signal: request.signal });
    return toResponse(await future.result());
  } catch (error) {
    const known = toHttpError(error);
    if (known === null) throw error;
    return Response.json(known, { status: known.statusCode, headers: known.headers });
  }
}
