import { dataProperties, listBuiltins } from './builtin-list.ts';
import type { Builtin } from './builtin-list.ts';

// A task may replace them.
const { defineProperty, deleteProperty, ownKeys } = Reflect;
const { setPrototypeOf, prototype: objectPrototype } = Object;
const { prototype: arrayPrototype } = Array;

/**
 * The built-ins that the tasks of a thread share with each other and with the thread's own code. A task that changes one changes it
 * for all later tasks.
 */
export class Builtins {
  readonly #all: readonly Builtin[];
  #values: unknown[];
  /**
   * The keys that `for (… in …)` finds in every array, because code has put them on `Array.prototype` or `Object.prototype`, and the
   * indices that every array inherits.
   */
  #inherited: readonly string[];
  #isIntact: () => boolean;
  #isAllIntact: () => boolean;

  constructor() {
    dataProperties();
    this.#all = listBuiltins();
    this.#values = this.#all.map(read);
    this.#inherited = inherited();
    const quick = this.#all.filter(({ isSlow }) => !isSlow);
    const slow = this.#all.filter(({ isSlow }) => isSlow);
    const isUnchanged = () => this.changed().length === 0;
    const isCompiled = this.#inherited.length === 0;
    this.#isIntact = (isCompiled && compiled(quick)) || isUnchanged;
    this.#isAllIntact = (isCompiled && compiled(slow)) || isUnchanged;
  }

  /** Are most of them unchanged? Cheap as long as none was ever changed: asked after each task. */
  get isIntact(): boolean {
    return this.#isIntact();
  }

  /** Are all of them unchanged? Slower. */
  get isAllIntact(): boolean {
    return this.#isIntact() && this.#isAllIntact();
  }

  /** The names of those that have changed. */
  changed(): string[] {
    const names = bareList();
    for (let index = 0; index < this.#all.length; index++) {
      const builtin = this.#all[index] as Builtin;
      if (read(builtin) !== this.#values[index]) names[names.length] = builtin.name;
    }
    const now = inherited();
    for (let index = 0; index < now.length; index++) {
      if (now[index] !== this.#inherited[index]) names[names.length] = `[].${now[index]}`;
    }
    return setPrototypeOf(names, arrayPrototype) as string[];
  }

  /**
   * Restores them as far as possible: without `Function.prototype.apply`, for example, Node delivers no message to the thread, and
   * the main thread could not tell it to end.
   */
  restore(): void {
    const now = inherited();
    for (let index = 0; index < now.length; index++) {
      const name = now[index] as string;
      if (name === this.#inherited[index]) continue;
      attempt(() => deleteProperty(arrayPrototype, name) && deleteProperty(objectPrototype, name));
    }
    for (let index = 0; index < this.#all.length; index++) {
      const { object, key } = this.#all[index] as Builtin;
      const value = this.#values[index];
      if (read(this.#all[index] as Builtin) === value || value === read) continue;
      attempt(() =>
        value === undefined
          ? deleteProperty(object, key)
          : defineProperty(object, key, { value, writable: true, enumerable: false, configurable: true }),
      );
    }
  }

  /** Takes their present values as the unchanged ones. */
  accept(): void {
    if (this.isAllIntact) return;
    const values: unknown[] = [];
    for (let index = 0; index < this.#all.length; index++) values[index] = read(this.#all[index] as Builtin);
    this.#values = values;
    this.#inherited = inherited();
    this.#isIntact = this.#isAllIntact = () => this.changed().length === 0;
  }
}

/** Never throws: a task may have changed the built-ins that this uses. */
function read({ object, key }: Builtin): unknown {
  try {
    return object[key];
  } catch {
    // A getter that a task has put there throws.
    return read;
  }
}

/** Properties that a task has made read-only stay as they are. */
function attempt(change: () => void): void {
  try {
    change();
  } catch {}
}

/** A list that inherits nothing: a setter that a task has put on `Array.prototype` would keep what is added. */
const bareList = (): string[] => setPrototypeOf([], null) as string[];

function inherited(): string[] {
  const names = bareList();
  // oxlint-disable-next-line guard-for-in no-for-in-array
  for (const name in []) names[names.length] = name;
  // Indices are the first keys. `for (… in …)` does not find those that are not enumerable.
  const keys = ownKeys(arrayPrototype);
  for (let index = 0; index < keys.length && keys[index] !== 'length'; index++)
    names[names.length] = keys[index] as string;
  return names;
}

/**
 * All comparisons as one function without a loop: V8 optimizes constant ones away, and deoptimizes the function when a value changes.
 * Undefined where code generation from strings is not allowed.
 */
function compiled(all: readonly Builtin[]): (() => boolean) | undefined {
  const values = all.map(read);
  const objects = [...new Set(all.map(({ object }) => object))];
  const declared = objects.map((_, index) => `o${index}=objects[${index}]`);
  const comparisons = all.map(({ object, key }, index) => {
    declared.push(`v${index}=values[${index}]`);
    // Reads a global by its name, not as a property of `globalThis`.
    if (object === (globalThis as unknown)) return `${String(key)}===v${index}`;
    const owner = `o${objects.indexOf(object)}`;
    if (typeof key === 'string') return `${owner}['${key}']===v${index}`;
    declared.push(`k${index}=all[${index}].key`);
    return `${owner}[k${index}]===v${index}`;
  });
  const body = `try{for(const _ in none)return false;if(arrays.length!==0)return false;return ${comparisons.join('&&')}}catch{return false}`;
  try {
    const make = new Function(
      'objects',
      'all',
      'values',
      `const none=[],arrays=Array.prototype,${declared.join(',')};return()=>{${body}}`,
    );
    return make(objects, all, values) as () => boolean;
  } catch {
    return undefined;
  }
}
