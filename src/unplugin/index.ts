import type { UnpluginContextMeta, UnpluginInstance, UnpluginOptions } from 'unplugin' with {
  'resolution-mode': 'import',
};
import { MillraceError } from '../base/errors.ts';
import { requirePeer } from '../base/optional-peer.ts';
import { esbuildSetup, pluginName } from './esbuild.ts';
import { replaceCalls, taskCalls } from './task-calls.ts';
import { inSeparateOutputs, markerOf, renderChunk } from './rollup.ts';
import type { OutputOptions } from './rollup.ts';
import { WebpackOutputs } from './webpack.ts';
import type { WebpackModule } from './webpack.ts';

/** The `this` of a hook under Rollup, Rolldown and Vite, which the types of `unplugin` describe only in part. */
interface RollupContext {
  emitFile(file: {
    readonly type: 'chunk';
    readonly id: string;
    readonly preserveSignature: 'exports-only';
  }): string;
  resolve(
    id: string,
    importer: string | undefined,
    options: { readonly skipSelf: true },
  ): Promise<{ readonly id: string; readonly external: boolean } | null>;
}

/** The native context of a hook under webpack. */
interface WebpackContext {
  getNativeBuildContext(): { readonly loaderContext: { readonly _module: WebpackModule } };
}

const { createUnplugin } = requirePeer('unplugin', 'millrace/unplugin') as typeof import('unplugin');

/**
 * `millrace/unplugin`: a plugin for bundlers. Builds the module of each `tasks(new URL('./work.js', import.meta.url))` as a separate
 * output, and leaves Millrace itself outside of the bundle, without configuration.
 *
 * ```js
 * import { taskModules } from 'millrace/unplugin';
 *
 * export default { plugins: [taskModules.vite()] }; // or .rollup(), .rolldown(), .esbuild(), .webpack()
 * ```
 * Needs the package `unplugin`, 2 or later. The call must be written as above: the plugin does not find a computed URL.
 *
 * @throws {PeerError} if `unplugin` is missing or too old.
 */
export const taskModules: UnpluginInstance<undefined, false> = createUnplugin<undefined, false>(
  (_: undefined, meta: UnpluginContextMeta): UnpluginOptions => {
    const { framework } = meta;
    if (!supported.includes(framework)) {
      throw new MillraceError(
        'ERR_MILLRACE_BUNDLER',
        `millrace/unplugin is for ${supported.join(', ')}; for ${framework}, docs/bundling.md says what to configure`,
      );
    }
    const emitted = new Set<string>();
    const outputs = new WebpackOutputs();
    return {
      name: pluginName,
      enforce: 'pre',
      // In development, sources run in place.
      vite: {
        apply: 'build',
        // Vite's own URL would be a path from the root of a website.
        resolveFileUrl({ referenceId, relativePath }) {
          if (referenceId === undefined || !emitted.has(referenceId)) return null;
          return `new URL(${JSON.stringify(relativePath)}, import.meta.url).href`;
        },
      },
      esbuild: { setup: (build) => esbuildSetup(build) },
      webpack: (compiler) => outputs.apply(compiler),
      rollup: {
        renderChunk,
        outputOptions: (options: OutputOptions) => (emitted.size > 0 ? inSeparateOutputs(options) : null),
      },
      async resolveId(id, importer) {
        if (framework === 'webpack' || framework === 'esbuild' || !/^millrace(?:\/|$)/.test(id)) return null;
        // Ask other plugins first: a tool may leave it outside in its own way (Nitro traces its dependencies).
        const context = this as unknown as RollupContext;
        const resolved = await context.resolve(id, importer, { skipSelf: true });
        return resolved?.external ? resolved : { id, external: true };
      },
      transform(code, id) {
        const [importer = ''] = id.split('?');
        const calls = taskCalls(code, importer);
        if (calls.length === 0) return null;
        if (framework === 'webpack') {
          const { _module: module } = (this as unknown as WebpackContext).getNativeBuildContext()
            .loaderContext;
          if (module.buildInfo) module.buildInfo.millraceTasks = calls.map(({ file }) => file);
          return { code: replaceCalls(code, calls, ({ file }) => outputs.urlOf(file)), map: null };
        }
        const context = this as unknown as RollupContext;
        const url = ({ file }: { file: string }) => {
          // The threads import its exports, also where those of the program's entries may be dropped.
          const preserveSignature = 'exports-only';
          const reference = context.emitFile({ type: 'chunk', id: file, preserveSignature });
          emitted.add(reference);
          return framework === 'rollup' ? markerOf(reference) : `import.meta.ROLLUP_FILE_URL_${reference}`;
        };
        return { code: replaceCalls(code, calls, url), map: null };
      },
    };
  },
);

const supported = ['rollup', 'rolldown', 'vite', 'esbuild', 'webpack'];
