// `npm run bench:cluster`: millrace/cluster beside plain BullMQ with one job a task, on a Redis of its own. Two threads compute.
import { Redis } from 'ioredis';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { chartOf } from './chart.mjs';
import { millrace, plain } from './contenders.mjs';
import { startRedis } from './redis.mjs';

const { values: given } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
    /** Run times, milliseconds; `calls` for calls one at a time. */
    only: { type: 'string', default: '0,0.1,1,10,calls' },
    svg: { type: 'string' },
    memory: { type: 'boolean', default: false },
  },
});
const rounds = Number(given.rounds);
const seconds = Number(given.seconds);
const only = given.only.split(',');
const runTimes = only.filter((each) => each !== 'calls').map(Number);

/** Not by a flag of the process: threads of BullMQ's sandbox would be refused with it. */
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const mib = (bytes) => (bytes / 2 ** 20).toFixed(1);
const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const redis = await startRedis();
const client = new Redis(redis.port);
const kinds = ['inline', 'threads', 'processes'];
const contenders = [await millrace(redis.port)];
for (const kind of kinds) contenders.push(await plain(redis.port, kind));
const [own, ...plains] = contenders;
/** BullMQ's jobs, in Millrace's threads. */
const processed = await plain(redis.port, 'processor');
contenders.push(processed);

async function redisCpuMs() {
  const info = await client.info('cpu');
  const of = (key) => Number(new RegExp(`${key}:([\\d.]+)`).exec(info)[1]);
  return 1000 * (of('used_cpu_user') + of('used_cpu_sys'));
}

/** Tasks a second, and what Redis has computed for each. */
async function measure(contender, ms, count) {
  const cpu = await redisCpuMs();
  const from = performance.now();
  await contender.run(ms, Array(count).keys());
  const took = performance.now() - from;
  return { rate: (1000 * count) / took, redisUs: (1000 * ((await redisCpuMs()) - cpu)) / count };
}

/** As many tasks as take about the given time: more of them until it takes half as long, since a contender may need company to be fast. */
async function countFor(contender, ms) {
  for (let count = ms === 10 ? 40 : 400; ; count *= 4) {
    const { rate } = await measure(contender, ms, count);
    if (count / rate >= seconds / 2) return Math.max(100, Math.round(rate * seconds));
  }
}

const rows = [];
/** Those who stay with BullMQ: `processor()`, and its own sandbox in the faster of two ways; one round each. */
const inSandbox = [];
for (const ms of runTimes) {
  const counts = new Map();
  for (const each of contenders) counts.set(each, await countFor(each, ms));
  const tried = [];
  for (const each of plains) tried.push({ each, ...(await measure(each, ms, counts.get(each))) });
  const best = tried.toSorted((a, b) => b.rate - a.rate)[0].each;
  const sandboxes = tried.filter(({ each }) => each.name !== 'BullMQ, inline').map(({ rate }) => rate);
  const { rate } = await measure(processed, ms, counts.get(processed));
  inSandbox.push({ ms, processor: rate, sandbox: Math.max(...sandboxes) });
  const pairs = [];
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? [own, best] : [best, own];
    const found = new Map();
    for (const each of order) found.set(each, await measure(each, ms, counts.get(each)));
    pairs.push({ own: found.get(own), best: found.get(best) });
  }
  rows.push({
    ms,
    best: best.name,
    millrace: median(pairs.map((pair) => pair.own.rate)),
    plain: median(pairs.map((pair) => pair.best.rate)),
    ratio: median(pairs.map((pair) => pair.own.rate / pair.best.rate)),
    redisUs: median(pairs.map((pair) => pair.own.redisUs)),
    plainRedisUs: median(pairs.map((pair) => pair.best.redisUs)),
  });
}

async function latency(contender) {
  const times = [];
  for (let call = 0; call < 200; call++) {
    const from = performance.now();
    await contender.call(0);
    times.push(performance.now() - from);
  }
  return median(times);
}
const calls = [];
// What is called for the first time is slower: on both sides.
if (only.includes('calls'))
  for (let warm = 0; warm < 8; warm++) for (const each of [own, plains[0]]) await latency(each);
for (let round = 0; round < rounds && only.includes('calls'); round++) {
  const found = {};
  for (const each of round % 2 === 0 ? [own, plains[0]] : [plains[0], own])
    found[each === own ? 'own' : 'plain'] = await latency(each);
  calls.push(found);
}

console.log(
  `Node ${process.versions.node}, Redis ${/redis_version:(\S+)/.exec(await client.info('server'))[1]}, medians of ${rounds} interleaved rounds\n`,
);
console.log('task      millrace/s   plain/s   ratio   Redis µs a task (plain)   best plain');
for (const row of rows) {
  console.log(
    [
      `${row.ms} ms`.padEnd(9),
      row.millrace.toFixed(0).padStart(10),
      row.plain.toFixed(0).padStart(9),
      row.ratio.toFixed(2).padStart(7),
      `${row.redisUs.toFixed(1)} (${row.plainRedisUs.toFixed(1)})`.padStart(25),
      `  ${row.best}`,
    ].join(' '),
  );
}
for (const { ms, processor, sandbox } of inSandbox)
  console.log(`processor(), ${ms} ms: ${processor.toFixed(0)}/s, BullMQ's sandbox ${sandbox.toFixed(0)}/s`);
if (calls.length > 0) {
  const p50 = {
    own: median(calls.map(({ own: ms }) => ms)),
    plain: median(calls.map(({ plain: ms }) => ms)),
  };
  console.log(
    `\none call at a time, p50: ${p50.own.toFixed(2)} ms, plain ${p50.plain.toFixed(2)} ms (${median(calls.map((each) => each.own / each.plain)).toFixed(2)} ×)`,
  );
}

if (given.memory) {
  const memory = async () => {
    collect();
    return {
      rss: process.memoryUsage.rss(),
      redis: Number(/used_memory:(\d+)/.exec(await client.info('memory'))[1]),
    };
  };
  await own.run(0, Array(50_000).keys());
  const before = await memory();
  let most = before;
  const look = async () => {
    const now = await memory();
    most = { rss: Math.max(most.rss, now.rss), redis: Math.max(most.redis, now.redis) };
  };
  const watch = setInterval(() => void look(), 250);
  await own.run(0, Array(1_000_000).keys());
  clearInterval(watch);
  console.log(
    `1,000,000 tasks from a generator: this process grows by ${mib(most.rss - before.rss)} MiB, Redis by ${mib(most.redis - before.redis)} MiB`,
  );
}
if (given.svg !== undefined) writeFileSync(given.svg, chartOf(rows));
for (const each of contenders) await each.close();
client.disconnect();
await redis.stop();
