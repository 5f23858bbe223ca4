import { AsyncResource } from 'node:async_hooks';
import process from 'node:process';

const node = process as NodeJS.Process & { readonly domain?: { exit(): void } | null };

/** The context in which the thread began, before any task could enter one. */
const thread = new AsyncResource('MillraceThread');

const create = (): AsyncResource => new AsyncResource('MillraceTask', thread.asyncId());

/**
 * The context of a task: that of a fresh resource, so that what the task enters (`AsyncLocalStorage.enterWith`) or leaves at its
 * resource ends with it. It is made in the context of the thread, for the one in which the thread continues after an
 * asynchronous task may be that task's.
 */
export function freshContext(): AsyncResource {
  // A task may have entered it and not left it. It belongs to no resource.
  if (node.domain) leaveDomains();
  return thread.runInAsyncScope(create);
}

function leaveDomains(): void {
  for (let domain = node.domain; domain; domain = node.domain) domain.exit();
}

/** Calls what belongs to a task module and to no task. */
export function inFreshContext<R>(call: () => R): R {
  return freshContext().runInAsyncScope(call);
}
