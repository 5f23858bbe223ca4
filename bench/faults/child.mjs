// One case with one pool, in a process of its own. Prints what was seen as one line of JSON.
import { setTimeout as sleep } from 'node:timers/promises';
import { cases } from './cases.mjs';
import { pools } from './pools.mjs';

const [pool, name] = process.argv.slice(2);
const { name: task, argument, limitMs, restMs = 0, closing = false, ...options } = cases[name];

/** Nothing here takes as long, but for a hang. */
const patienceMs = 6000;
const unsettled = Symbol('unsettled');

/** How a promise ends, as a short text. */
async function endOf(make, ms = patienceMs) {
  let end;
  try {
    end = await Promise.race([make(), sleep(ms, unsettled)]);
  } catch (error) {
    return `rejects: ${describe(error)}`;
  }
  return end === unsettled ? 'hangs' : `resolves: ${short(end)}`;
}

function describe(error) {
  if (!(error instanceof Error)) return short(error);
  const about = [
    ...(error.code === undefined || error.code === '' ? [] : [`code ${error.code}`]),
    ...(error.exitCode === undefined ? [] : [`exit code ${error.exitCode}`]),
    ...(error.cause instanceof Error ? [`cause ${error.cause.name}`] : []),
    ...(Array.isArray(error.errors) ? [`${error.errors.length} errors`] : []),
    ...(error instanceof RangeError ? ['instanceof RangeError'] : []),
  ];
  const text = `${error.name}: ${error.message.split('\n')[0]}`;
  const rest = about.length === 0 ? '' : ` (${about.join(', ')})`;
  return (text.length > 90 ? `${text.slice(0, 89)}…` : text) + rest;
}

function short(value) {
  if (typeof value === 'string') return value;
  let text;
  try {
    text = JSON.stringify(value);
  } catch {
    text = undefined;
  }
  return (text ?? String(value)).slice(0, 40);
}

const uncaught = [];
process.on('uncaughtException', (error) => uncaught.push(describe(error)));
process.on('unhandledRejection', (error) => uncaught.push(describe(error)));

const { run, close, drain } = await pools[pool]({ threads: 1, ...options });
const usesModule = name === 'loading' || name === 'boot';
if (!usesModule) await endOf(() => run('echo', 'warm'));

const culprit = endOf(() => run(task, argument?.(), limitMs));
const behind = [1, 2, 3].map((n) => endOf(() => run('echo', n)));
let closed;
if (closing) {
  await sleep(100);
  closed = endOf(drain);
}
const seen = { culprit: await culprit };
await sleep(restMs);
const ends = await Promise.all(behind);
const ran = ends.filter((end) => end.startsWith('resolves')).length;
const hung = ends.filter((end) => end === 'hangs').length;
seen.behind = `${ran} of 3 run${hung > 0 ? `, ${hung} hang` : ''}`;
if (ran + hung < 3) seen.behind += `, ${3 - ran - hung} fail`;
seen.after = closing
  ? `closing ${(await closed).split(':')[0]}`
  : (await endOf(() => run('echo', 'after'))).split(':')[0];
if (uncaught.length > 0) seen.uncaught = uncaught.length;

// Whatever was seen is told before the pool is closed, which may hang as well.
await new Promise((resolve) => process.stdout.write(`${JSON.stringify(seen)}\n`, resolve));
if (!closing) await endOf(close, 1000);
process.exit(0);
