import { Executor, InvalidOptionError } from '../index.ts';
import { show } from '../base/options.ts';

/** Checks for an array of instances of this class, also of another copy of the package. */
export function listOf(type: abstract new (...args: never[]) => unknown) {
  return (option: string, value: unknown): void => {
    if (Array.isArray(value) && value.every((each) => each instanceof type)) return;
    const message = `${option} must be an array of ${type.name}s, not ${show(value)}`;
    throw new InvalidOptionError(option, value, message);
  };
}

/** Checks for executors with different names: the name is their only label. */
export function namedExecutors(option: string, value: unknown): void {
  listOf(Executor)(option, value);
  const names = (value as Executor[]).map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  const message = `${option} must have different names, but two have the name ${show(twice)}`;
  throw new InvalidOptionError(option, value, message);
}
