// build.mjs
import { execFileSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { taskModules } from 'millrace/unplugin';

await build({
  entryPoints: ['src/main.js'],
  outdir: 'app',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  format: 'cjs',
  plugins: [taskModules.esbuild()],
  // The program in the executable can require only what is in Node itself: the rest lies beside it.
  banner: { js: "require = require('node:module').createRequire(process.execPath);" },
});
const config = { main: 'app/main.cjs', output: 'app/main.blob', disableExperimentalSEAWarning: true };
writeFileSync('app/sea-config.json', JSON.stringify(config));
execFileSync(process.execPath, ['--experimental-sea-config', 'app/sea-config.json']);
copyFileSync(process.execPath, 'app/program');
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
execFileSync('node_modules/.bin/postject', [
  'app/program',
  'NODE_SEA_BLOB',
  'app/main.blob',
  '--sentinel-fuse',
  fuse,
]);
