import { subpaths } from './subpaths.mjs';
import { threadModules } from './thread-modules.mjs';

export default {
  entry: [
    ...[...subpaths.map(({ module }) => module), ...threadModules].map((module) => `src/${module}.ts`),
    'src/inspector/page/main.ts',
    'src/inspector/page/build.mjs',
    'test/inspector/{scenes,shots}.mjs',
    'src/cli.ts',
    'src/cli/about/markdown.ts',
    'src/base/optional-peer.ts',
    'examples/*/{server,main,work}.js',
    'examples/cluster/start.js',
    'examples/csv/table.js',
    'examples/nested/*.js',
    'test/consumer/*',
    'test/**/*.test-d.ts',
    'test/fixtures/*',
    'test/chaos/{main,soak}.ts',
    'test/cluster/conformance/*.ts',
  ],
  project: ['src/**/*.{ts,cts}', 'test/**/*.ts', 'examples/**/*.js'],
  ignore: ['test/projects/**'],
  ignoreDependencies: ['@arethetypeswrong/cli', 'publint', 'tinybench'],
  ignoreBinaries: ['mkfifo', 'script', 'sha256sum', 'parallel', 'promtool', 'redis-server'],
};
