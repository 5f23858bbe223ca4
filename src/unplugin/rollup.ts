import { posix } from 'node:path';

/** The part of Rollup's types that this plugin uses. */
interface RenderChunk {
  readonly order: 'post';
  handler(
    this: { getFileName(reference: string): string },
    code: string,
    chunk: { readonly fileName: string },
    options: { readonly format: string },
  ): { code: string; map: null } | null;
}

/** The part of Rollup's output options that this plugin changes. */
export interface OutputOptions {
  readonly inlineDynamicImports?: boolean;
}

/** With `inlineDynamicImports`, as in Nitro's development server, Rollup would put the task modules into the program's own output. */
export function inSeparateOutputs(options: OutputOptions): OutputOptions | null {
  return options.inlineDynamicImports === true ? { ...options, inlineDynamicImports: false } : null;
}

/**
 * A placeholder for the URL of an output until all other plugins have run. Rollup's own `import.meta.ROLLUP_FILE_URL_…` does not
 * survive a plugin that replaces every `import.meta`, as Nitro's does.
 */
export function markerOf(reference: string): string {
  return `MILLRACE_TASK_MODULE_${reference}_END`;
}

/** The hook `renderChunk` of Rollup, after those of all other plugins. */
export const renderChunk: RenderChunk = {
  order: 'post',
  handler(code, { fileName }, { format }) {
    if (!code.includes('MILLRACE_TASK_MODULE_')) return null;
    const base = format === 'es' ? 'import.meta.url' : "require('node:url').pathToFileURL(__filename)";
    const rendered = code.replaceAll(/\bMILLRACE_TASK_MODULE_([\w$]+?)_END\b/g, (_, reference: string) => {
      const path = posix.relative(posix.dirname(fileName), this.getFileName(reference));
      return `new URL(${JSON.stringify(`./${path}`)}, ${base})`;
    });
    return { code: rendered, map: null };
  },
};
