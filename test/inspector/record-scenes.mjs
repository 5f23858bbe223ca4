import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { verdict } from '../../dist/inspector/index.js';

/*
 * `npm run scenes`, or of some only `npm run scenes -- NAME…`: makes each limit of scenes.mjs on purpose, and writes what the
 * recorder saw of it to scenes.jsonl, over which the verdict is tested. Of each the first three seconds in a row in which it is
 * what it is meant to be: a scene takes a while to begin, and the machine may be busy with something else.
 */

const names = [
  'main-silent',
  'thread-died',
  'idle',
  'refused-few',
  'refused-many',
  'main-limit',
  'tasks-wait',
  'machine-limit',
  'threads-limit',
  'bytes-limit',
  'pending-limit',
  'threads-starved',
  'places-full',
  'queue-long',
  'well-fed',
  'reader-slow',
  'source-slow',
  'room',
];
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const file = here('scenes.jsonl');
/** Looks at each scene for so long at the most. Milliseconds. */
const patienceMs = 60_000;

const { output } = await build({
  input: here('../../src/inspector/record/recorder.ts'),
  platform: 'node',
  external: /^node:/,
  write: false,
});
const recorder = `data:text/javascript,${encodeURIComponent(output[0].code)}`;

/** Lines of `[name, scene]`. */
const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
const recorded = new Map(names.map((name) => [name, lines.filter((line) => JSON.parse(line)[0] === name)]));
const asked = process.argv.slice(2);
for (const name of asked.length > 0 ? asked : names) {
  const scenes = await record(name);
  recorded.set(
    name,
    scenes.map((scene) => JSON.stringify([name, scene])),
  );
  console.log(`${name}: ${verdict(scenes.at(-1)).title}`);
  writeFileSync(file, `${[...recorded.values()].flat().join('\n')}\n`);
}

async function record(name) {
  const child = fork(here('scenes.mjs'), [name, recorder]);
  const late = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  const seen = [];
  let row = [];
  child.on('message', (scene) => {
    const { kind, level } = verdict(scene);
    seen.push(kind === 'refused' ? `refused-${level === 'bad' ? 'many' : 'few'}` : kind);
    row = seen.at(-1) === name ? [...row, scene] : [];
    // Four frames a second, and each verdict is about three seconds. A main thread that is silent sends few.
    const enough = name === 'main-silent' ? 3 : 12;
    if (seen.length > enough && row.length >= enough) child.kill('SIGKILL');
  });
  await once(child, 'exit');
  clearTimeout(late);
  const scenes = name === 'main-silent' ? row : row.filter((_, index) => index % 4 === 3);
  if (scenes.length < 3) throw new Error(`${name} was not seen for three seconds: ${seen.join(' ')}`);
  return scenes.slice(0, 3).map((scene) => JSON.parse(JSON.stringify(scene, short)));
}

/** What is committed need not have more than four digits. */
function short(_key, value) {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value;
}
