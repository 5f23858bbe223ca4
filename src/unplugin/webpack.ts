import { createHash } from 'node:crypto';
import { basename, extname, relative, sep } from 'node:path';

/** The part of webpack 5's types that this plugin uses: webpack's own types would have to be installed. */
export interface WebpackCompiler {
  readonly context: string;
  readonly options: { readonly output: { readonly module?: boolean } };
  readonly webpack: {
    readonly EntryPlugin: { createDependency(file: string, options: EntryOptions): object };
    readonly ExternalsPlugin: new (type: string, externals: RegExp[]) => Plugin;
    readonly library: { readonly EnableLibraryPlugin: new (type: string) => Plugin };
  };
  readonly hooks: {
    readonly afterPlugins: { tap(name: string, callback: (compiler: WebpackCompiler) => void): void };
    readonly finishMake: {
      tapPromise(name: string, callback: (compilation: WebpackCompilation) => Promise<void>): void;
    };
  };
}

interface Plugin {
  apply(compiler: WebpackCompiler): void;
}

interface EntryOptions {
  readonly name: string;
  readonly filename: string;
  readonly library: { readonly type: string };
}

interface WebpackCompilation {
  readonly modules: Iterable<WebpackModule>;
  addEntry(
    context: string,
    dependency: object,
    options: EntryOptions,
    done: (error?: Error | null) => void,
  ): void;
}

/** Notes on a module are kept with it, also in webpack's disk cache, so that its source need not be parsed again. */
export interface WebpackModule {
  buildInfo?: { millraceTasks?: readonly string[] };
}

/** The outputs of task modules: beside the first output, each with a unique name. */
export class WebpackOutputs {
  #compiler: WebpackCompiler | undefined;

  /** Leaves Millrace external, and adds the task modules that parsed modules name as entries; these may name others. */
  apply(compiler: WebpackCompiler): void {
    this.#compiler = compiler;
    const name = 'millrace';
    compiler.hooks.afterPlugins.tap(name, ({ webpack }) => {
      const external = this.#isModule ? 'module' : 'node-commonjs';
      new webpack.ExternalsPlugin(external, [/^millrace(?:\/|$)/]).apply(compiler);
      new webpack.library.EnableLibraryPlugin(this.#library).apply(compiler);
    });
    compiler.hooks.finishMake.tapPromise(name, async (compilation) => {
      const added = new Set<string>();
      for (let files = missing(compilation, added); files.length > 0; files = missing(compilation, added)) {
        for (const file of files) added.add(file);
        await Promise.all(files.map((file) => this.#addEntry(compilation, file)));
      }
    });
  }

  /** An expression for the URL of the output. webpack replaces only its base. */
  urlOf(file: string): string {
    return `new URL(${JSON.stringify(this.#fileName(file))}, __webpack_base_uri__)`;
  }

  #addEntry(compilation: WebpackCompilation, file: string): Promise<void> {
    const { context, webpack } = this.#compiler as WebpackCompiler;
    const filename = this.#fileName(file);
    const options = {
      name: filename.replace(/\.[cm]js$/, ''),
      filename,
      library: { type: this.#library },
    };
    const dependency = webpack.EntryPlugin.createDependency(file, options);
    return new Promise((resolve, reject) => {
      compilation.addEntry(context, dependency, options, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** The name of the output. Its extension decides the module type, whatever the nearest package.json says. */
  #fileName(file: string): string {
    const path = relative((this.#compiler as WebpackCompiler).context, file)
      .split(sep)
      .join('/');
    const hash = createHash('sha256').update(path).digest('hex').slice(0, 8);
    return `${basename(file, extname(file))}-${hash}${this.#isModule ? '.mjs' : '.cjs'}`;
  }

  get #isModule(): boolean {
    return this.#compiler?.options.output.module === true;
  }

  get #library(): string {
    return this.#isModule ? 'module' : 'commonjs2';
  }
}

function missing(compilation: WebpackCompilation, added: ReadonlySet<string>): string[] {
  const named = [...compilation.modules].flatMap(({ buildInfo }) => buildInfo?.millraceTasks ?? []);
  return [...new Set(named)].filter((file) => !added.has(file));
}
