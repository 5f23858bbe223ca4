/**
 * A number by index, NaN where none is set. It uses a typed array: in a field or a plain array each change of a fraction would cost
 * V8 a heap number.
 */
export class NumberTable {
  #values = new Float64Array(64).fill(NaN);

  get(index: number): number {
    return this.#values[index] ?? NaN;
  }

  set(index: number, value: number): void {
    if (index >= this.#values.length) this.#grow(index);
    this.#values[index] = value;
  }

  #grow(index: number): void {
    const values = new Float64Array(2 * index).fill(NaN);
    values.set(this.#values);
    this.#values = values;
  }
}
