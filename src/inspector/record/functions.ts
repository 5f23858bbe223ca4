import { text } from './text.ts';

/** Number of functions with a row and a colour of their own; all further functions share the last row. */
export const mostFunctions = 64;

/** A function, as viewers see it. */
export interface KnownFunction {
  readonly name: string;
  /** The file's name without its path, which would reveal too much. */
  readonly file: string;
}

/** Numbers functions in the order of first sight, the same for all viewers. */
export class Functions {
  readonly #slots = new Map<number, number>();
  readonly known: KnownFunction[] = [];
  /** The row that further functions share. */
  readonly others: number = mostFunctions;

  /** @param describe called once for each function. */
  slot(functionId: number, describe: () => { readonly name: string; readonly module: string }): number {
    const slot = this.#slots.get(functionId);
    if (slot !== undefined) return slot;
    // No entry for each further function: a program may make functions without end.
    if (this.known.length === mostFunctions) return mostFunctions;
    const { name, module } = describe();
    this.#slots.set(functionId, this.known.length);
    return this.known.push({ name: text(name), file: text(fileOf(module)) }) - 1;
  }

  /** The slot of a function of another process. Functions of the same name and file share a slot. */
  slotOf({ name, file }: KnownFunction): number {
    const slot = this.known.findIndex((known) => known.name === name && known.file === file);
    if (slot !== -1) return slot;
    if (this.known.length === mostFunctions) return mostFunctions;
    return this.known.push({ name: text(name), file: text(file) }) - 1;
  }
}

function fileOf(module: string): string {
  if (!module.startsWith('file:')) return module.startsWith('data:') ? 'inline' : module;
  const end = module.search(/[?#]/);
  const path = end === -1 ? module : module.slice(0, end);
  try {
    return decodeURIComponent(path.slice(path.lastIndexOf('/') + 1));
  } catch {
    return path.slice(path.lastIndexOf('/') + 1);
  }
}
