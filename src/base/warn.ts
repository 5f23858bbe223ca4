import { legible } from './printable.ts';

/** Emits a process warning. The message may quote foreign names and errors, which Node would print on a terminal unescaped. */
export function warn(name: string, message: string): void {
  process.emitWarning(legible(message), name);
}
