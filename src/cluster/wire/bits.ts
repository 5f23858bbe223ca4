/** Which positions of a batch have been answered, one bit each: what Redis keeps for the host that takes the batch over. */
export class Bits {
  readonly bytes: Buffer;

  constructor(size: number, bytes?: Uint8Array) {
    this.bytes = Buffer.alloc(Math.ceil(size / 8));
    if (bytes !== undefined) this.bytes.set(bytes.subarray(0, this.bytes.length));
  }

  has(position: number): boolean {
    return ((this.bytes[position >> 3] ?? 0) & (1 << (position & 7))) !== 0;
  }

  add(position: number): void {
    this.bytes[position >> 3] = (this.bytes[position >> 3] ?? 0) | (1 << (position & 7));
  }
}
