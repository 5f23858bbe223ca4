import { count, duration } from '../verdict/words.ts';
import { places } from './colors.ts';
import { functionName } from './view.ts';
import type { View } from './view.ts';

/** Milliseconds between two frames that are no gap: their ends are rounded, and the frames of hosts come early or late. */
const slackMs = 50;

/**
 * Describes a moment in lines of text.
 *
 * @param seconds from the right edge, 0 or negative.
 * @param worker -1 for all threads.
 */
export function finding(view: View, seconds: number, worker: number): string[] {
  const at = view.now + seconds * 1000;
  const lines = [`${duration(Math.max(0, -seconds * 1000))} ago`];
  const step = view.steps.find(({ at: end }) => at <= end);
  if (step === undefined || at <= step.at - step.spanMs - slackMs) return [...lines, 'not watched'];
  if (worker >= 0) lines.push(...ofThread(view, at, worker));
  else lines.push(...ofThreads(view, at));
  const counts = places.map(({ key, name }) => `${count(step.own.places[key])} ${name}`);
  lines.push(counts.join(', '));
  const near = view.windowMs / 150;
  for (const { latestAt, kind, label, detail } of view.history.incidents.values())
    if (Math.abs(latestAt - at) < near && lines.length < 8) lines.push(`${kind}: ${label} ${detail}`);
  return lines;
}

function ofThread(view: View, at: number, worker: number): string[] {
  for (const { spans } of view.steps) {
    for (const span of spans) {
      if (span.worker !== worker || at < span.start || at > span.end) continue;
      const name = `thread ${worker + 1}: ${functionName(view, span.slot)}`;
      const lasted = duration(span.end - span.start);
      return [name, span.count === 1 ? `one task of ${lasted}` : `${count(span.count)} tasks in ${lasted}`];
    }
  }
  const [, slot = -1, sinceMs = 0] = view.latest.own.threads[worker] ?? [];
  if (slot >= 0 && at >= view.latest.at - sinceMs)
    return [`thread ${worker + 1}: ${functionName(view, slot)}`, `runs since ${duration(sinceMs)}`];
  return [`thread ${worker + 1}: idle`];
}

/** Describes what all threads did. */
function ofThreads(view: View, at: number): string[] {
  const busy = new Map<number, string>();
  for (const { spans } of view.steps)
    for (const { worker, slot, start, end } of spans)
      if (at >= start && at <= end) busy.set(worker, functionName(view, slot));
  for (const [worker, [, slot, sinceMs]] of view.latest.own.threads.entries())
    if (slot >= 0 && at >= view.latest.at - sinceMs) busy.set(worker, functionName(view, slot));
  const counts = new Map<string, number>();
  for (const name of busy.values()) counts.set(name, (counts.get(name) ?? 0) + 1);
  const names = [...counts].toSorted(([, a], [, b]) => b - a).map(([name, times]) => `${times} × ${name}`);
  return [
    `${busy.size} of ${view.latest.own.workers} threads busy`,
    ...(names.length > 0 ? [names.slice(0, 5).join(', ')] : []),
  ];
}
