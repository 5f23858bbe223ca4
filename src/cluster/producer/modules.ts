import { InvalidTaskError } from '../../base/errors.ts';
import type { TaskTarget } from '../../tasks/task.ts';
import { digestOf, inlineModule, logicalName } from '../wire/module-names.ts';
import type { HostInfo } from './transport.ts';

interface Known {
  readonly name: string;
  readonly digest: string | undefined;
}

/** The hosts' names of the modules of this producer's tasks. */
export class Modules {
  readonly #given: Readonly<Record<string, string>>;
  readonly #known = new Map<string, Known>();
  /** Modules whose differing digests have caused a warning. */
  readonly #warned = new Set<string>();

  /** @param given names by URL, which replace the default names. */
  constructor(given: Readonly<Record<string, string>>) {
    this.#given = given;
  }

  /** @throws {InvalidTaskError} if the module has no name on other machines. */
  nameOf({ module }: TaskTarget): string {
    return this.#find(module).name;
  }

  digestsOf(targets: Iterable<TaskTarget>): Record<string, string> {
    const digests: Record<string, string> = {};
    for (const { module } of targets) {
      const { name, digest } = this.#find(module);
      if (digest !== undefined) digests[name] = digest;
    }
    return digests;
  }

  /**
   * Why no host can run the target; undefined if a host can. Warns, once, of a digest that differs.
   *
   * @param place the queue and its Redis, for messages.
   */
  problem(target: TaskTarget, hosts: readonly HostInfo[], place: string): InvalidTaskError | undefined {
    let known: Known;
    try {
      known = this.#find(target.module);
    } catch (error) {
      return error as InvalidTaskError;
    }
    const { name, digest } = known;
    const having = hosts.filter(({ modules }) => Object.hasOwn(modules, name));
    if (having.length === 0) return missing(name, hosts, place);
    const other = having.find(({ modules }) => digest !== undefined && modules[name] !== digest);
    if (other !== undefined && !this.#warned.has(name)) {
      this.#warned.add(name);
      process.emitWarning(
        `${name} is ${digest} here and ${other.modules[name]} on host ${describe(other)}, ${place}: ` +
          'the results may differ; a release of its own keeps versions apart',
        'MillraceClusterWarning',
      );
    }
    return undefined;
  }

  #find(url: string): Known {
    let known = this.#known.get(url);
    if (known === undefined) {
      known = { name: this.#given[url] ?? logicalName(url), digest: digestOf(url) };
      this.#known.set(url, known);
    }
    return known;
  }
}

const describe = ({ machine, pid }: HostInfo): string => `${machine}:${pid}`;

function missing(name: string, hosts: readonly HostInfo[], place: string): InvalidTaskError {
  if (name === inlineModule) {
    const message = `no host of ${place} runs functions of inline(): put this one into a task module`;
    return new InvalidTaskError(`${message}, or start hosts with --allow-inline`);
  }
  const listed = hosts.slice(0, 5).map((host) => {
    const modules = Object.entries(host.modules).map(([module, digest]) => `${module} ${digest}`);
    return `${describe(host)} has ${modules.length === 0 ? 'none' : modules.join(', ')}`;
  });
  return new InvalidTaskError(
    `no host of ${place} has the module ${name} (${listed.join('; ')}): start one with --tasks ${name}=PATH`,
  );
}
