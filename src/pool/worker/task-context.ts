import { AsyncResource } from 'node:async_hooks';
import process from 'node:process';

const node = process as NodeJS.Process & { readonly domain?: { exit(): void } | null };

/** The context in which the thread began, before any task could enter one. */
const thread = new AsyncResource('MillraceThread');

const threadId = thread.asyncId();

/** Made in advance: to enter the context of the thread for each one takes longer than a quick task. */
const unused: (AsyncResource | undefined)[] = [];
const atOnce = 64;
let next = atOnce;

function make(): void {
  // By index: a task may have replaced what arrays inherit.
  for (next = atOnce; next > 0; next--) unused[next - 1] = new AsyncResource('MillraceTask', threadId);
}

/**
 * The context of a task: that of a fresh resource, so that what the task enters (`AsyncLocalStorage.enterWith`) or leaves at its
 * resource ends with it. It is made in the context of the thread, for the one in which the thread continues after an
 * asynchronous task may be that task's.
 */
export function freshContext(): AsyncResource {
  // A task may have entered it and not left it. It belongs to no resource.
  if (node.domain) leaveDomains();
  if (next === atOnce) thread.runInAsyncScope(make);
  const context = unused[next] as AsyncResource;
  // What the task enters would be kept alive.
  unused[next++] = undefined;
  return context;
}

function leaveDomains(): void {
  for (let domain = node.domain; domain; domain = node.domain) domain.exit();
}

/** Calls what belongs to a task module and to no task. */
export function inFreshContext<R>(call: () => R): R {
  return freshContext().runInAsyncScope(call);
}
