import type { UnpluginContextMeta, UnpluginInstance, UnpluginOptions } from 'unplugin' with {
  'resolution-mode': 'import',
};
import { requirePeer } from '../base/optional-peer.ts';
import { esbuildSetup } from './esbuild.ts';
import { replaceCalls, taskCalls } from './task-calls.ts';

/** What Rollup, Rolldown and Vite give a hook, of which `unplugin` tells only a part. */
interface RollupContext {
  emitFile(file: { readonly type: 'chunk'; readonly id: string }): string;
}

const { createUnplugin } = requirePeer('unplugin', 'millrace/unplugin') as typeof import('unplugin');

/**
 * `millrace/unplugin`: for bundlers. Each `tasks(new URL('./work.js', import.meta.url))` gets its module as an output of its own, and
 * Millrace itself stays outside of the bundle, so that nothing has to be configured.
 *
 * ```js
 * import { taskModules } from 'millrace/unplugin';
 *
 * export default { plugins: [taskModules.vite()] }; // or .rollup(), .rolldown(), .esbuild()
 * ```
 * It needs the package `unplugin`, 2 or later. The call has to be written as above: a URL that is put together is not found.
 *
 * @throws {PeerError} if `unplugin` is missing or too old.
 */
export const taskModules: UnpluginInstance<undefined, false> = createUnplugin<undefined, false>(
  (_: undefined, meta: UnpluginContextMeta): UnpluginOptions => {
    const { framework } = meta;
    if (!supported.includes(framework)) {
      throw new Error(
        `millrace/unplugin is for ${supported.join(', ')}; for ${framework}, docs/bundling.md says what to configure`,
      );
    }
    const emitted = new Set<string>();
    return {
      name: 'millrace',
      enforce: 'pre',
      // In development the sources run where they are.
      vite: {
        apply: 'build',
        // Vite's own answer is a path from the root of a website.
        resolveFileUrl({ referenceId, relativePath }) {
          if (referenceId === undefined || !emitted.has(referenceId)) return null;
          return `new URL(${JSON.stringify(relativePath)}, import.meta.url).href`;
        },
      },
      esbuild: { setup: esbuildSetup() },
      resolveId(id) {
        return /^millrace(?:\/|$)/.test(id) ? { id, external: true } : null;
      },
      transform(code, id) {
        const [importer = ''] = id.split('?');
        const calls = taskCalls(code, importer);
        if (calls.length === 0) return null;
        const context = this as unknown as RollupContext;
        const url = ({ file }: { file: string }) => {
          const reference = context.emitFile({ type: 'chunk', id: file });
          emitted.add(reference);
          return `import.meta.ROLLUP_FILE_URL_${reference}`;
        };
        return { code: replaceCalls(code, calls, url), map: null };
      },
    };
  },
);

const supported = ['rollup', 'rolldown', 'vite', 'esbuild'];
