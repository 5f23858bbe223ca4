const bits = 8 * 4096;

/** Numbers of lines, a bit for each: of ten million lines 1.3 MB, in any order. */
export class LineSet {
  readonly #pages = new Map<number, Uint8Array>();

  has(line: number): boolean {
    const page = this.#pages.get(Math.floor(line / bits));
    return page !== undefined && ((page[(line % bits) >> 3] as number) & (1 << (line & 7))) !== 0;
  }

  set(line: number, present: boolean): void {
    const key = Math.floor(line / bits);
    const page = this.#pages.get(key) ?? new Uint8Array(bits / 8);
    this.#pages.set(key, page);
    const index = (line % bits) >> 3;
    const bit = 1 << (line & 7);
    page[index] = present ? (page[index] as number) | bit : (page[index] as number) & ~bit;
  }
}
