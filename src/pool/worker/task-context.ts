import { AsyncResource } from 'node:async_hooks';
import process from 'node:process';

const node = process as NodeJS.Process & { domain?: { exit(): void } | null };

/** The context in which the thread started, before any task could enter another. */
const thread = new AsyncResource('MillraceThread');

const threadId = thread.asyncId();

// A task may replace it.
const { set } = Reflect;

/** Contexts made in advance: entering the thread's context for each one takes longer than a quick task. */
const unused: (AsyncResource | undefined)[] = [];
const atOnce = 64;

/** Most domains to leave, if a task has entered some and left none. */
const maxDomains = 1000;
let next = atOnce;

function make(): void {
  // By index: a task may have replaced what arrays inherit.
  for (next = atOnce; next > 0; next--) unused[next - 1] = new AsyncResource('MillraceTask', threadId);
}

/**
 * The context of a task: that of a fresh resource, so that stores which the task enters (`AsyncLocalStorage.enterWith`) and properties
 * it sets on its resource end with it. The resource is made in the thread's own context: after an asynchronous task the thread may
 * continue in the context of that task.
 */
export function freshContext(): AsyncResource {
  // A task may have entered a domain and not left it. Domains belong to no resource.
  if (currentDomain()) leaveDomains();
  if (next === atOnce) thread.runInAsyncScope(make);
  const context = unused[next] as AsyncResource;
  // The list would keep the task's stores alive.
  unused[next++] = undefined;
  return context;
}

/** `process.domain` may hold any value: a task can put anything there, and make it read-only. */
function leaveDomains(): void {
  try {
    for (let left = maxDomains; left > 0 && node.domain; left--) node.domain.exit();
  } catch {
    // Then the domain is not left, but removed.
  }
  if (currentDomain()) set(node, 'domain', null);
}

function currentDomain(): { exit(): void } | null | undefined {
  try {
    return node.domain;
  } catch {
    return null;
  }
}

/** Calls code of a task module that belongs to no task, such as its hooks. */
export function inFreshContext<R>(call: () => R): R {
  return freshContext().runInAsyncScope(call);
}
