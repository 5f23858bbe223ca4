import { pathToFileURL } from 'node:url';
import { statSync } from 'node:fs';
import { InvalidOptionError, InvalidTaskError } from '../../base/errors.ts';
import { tasks } from '../../tasks/task-makers.ts';
import type { Task } from '../../tasks/task.ts';
import type { RemoteCall } from '../wire/batch-wire.ts';
import { digestOf, inlineModule, logicalName, readyMadeModules } from '../wire/module-names.ts';
import { threadModule } from '../../package-file.ts';

/** The task modules whose functions a host runs; it runs no others. */
export class TaskModules {
  /** URLs by logical name. */
  readonly #urls = new Map<string, string>();
  readonly #digests: Record<string, string> = {};
  readonly #makers = new Map<string, (...args: unknown[]) => Task<unknown>>();
  readonly #isStrict: boolean;
  /** The host's name in messages. */
  readonly #host: string;

  /**
   * @param given paths and URLs of files, each alone or as `NAME=PATH`; `millrace/tasks` for its ready-made modules.
   * @throws {InvalidOptionError} for a file that does not exist.
   */
  constructor(given: readonly string[], allowInline: boolean, isStrict: boolean, host: string) {
    this.#isStrict = isStrict;
    this.#host = host;
    for (const each of given) this.#add(each);
    if (allowInline) this.#set(inlineModule, threadModule('tasks/evaluate').href);
  }

  /** Digests by logical name. */
  get digests(): Readonly<Record<string, string>> {
    return this.#digests;
  }

  get urls(): readonly string[] {
    return [...this.#urls.values()];
  }

  /** The task of a call, or the reason why this host does not run it. @param digest the digest of the producer's file. */
  taskOf({ module, name, args }: RemoteCall, digest: string | undefined): Task<unknown> | Error {
    const url = this.#urls.get(module);
    if (url === undefined) {
      return new InvalidTaskError(
        `host ${this.#host} has no module ${module}: start it with --tasks ${module}=PATH`,
      );
    }
    const own = this.#digests[module];
    if (this.#isStrict && digest !== undefined && digest !== own) {
      const message = `host ${this.#host} has another version of ${module} (${own}, here ${digest})`;
      return new InvalidTaskError(`${message}, and is strict: deploy the same, or use a release of its own`);
    }
    const key = `${module}\n${name}`;
    let maker = this.#makers.get(key);
    if (maker === undefined) {
      const made = tasks<Record<string, (...given: unknown[]) => unknown>>(url)[name];
      if (made === undefined) return new InvalidTaskError(`'${name}' can't be the name of a task`);
      this.#makers.set(key, (maker = made));
    }
    return maker(...args);
  }

  #add(given: string): void {
    if (given === 'millrace/tasks') {
      for (const [name, url] of readyMadeModules) this.#set(name, url);
      return;
    }
    const [, name, path = given] = /^([^=:]+)=(.+)$/s.exec(given) ?? [];
    const isUrl = path.startsWith('file:') && URL.canParse(path);
    if (/^(?:data|node|https?|blob):/i.test(path)) {
      throw new InvalidOptionError('tasks', given, `tasks must name files, not ${path.slice(0, 40)}`);
    }
    const url = isUrl ? new URL(path) : pathToFileURL(path);
    const found = statSync(url, { throwIfNoEntry: false });
    if (found === undefined)
      throw new InvalidOptionError('tasks', given, `tasks must name modules that exist, not ${path}`);
    if (found.isDirectory())
      throw new InvalidOptionError('tasks', given, `tasks must name files, and ${path} is a directory`);
    this.#set(name ?? logicalName(url.href), url.href);
  }

  #set(name: string, url: string): void {
    const other = this.#urls.get(name);
    if (other !== undefined && other !== url)
      throw new InvalidOptionError(
        'tasks',
        url,
        `tasks: two modules have the name ${name}: ${other} and ${url}`,
      );
    this.#urls.set(name, url);
    this.#digests[name] = digestOf(url) ?? '';
  }
}
