const newline = 10;

/** Most bytes of a line. A longer line is dropped: a stream without a newline must not fill the memory. */
const maxLineBytes = 64 * 1024 * 1024;

/**
 * Yields the lines of a stream of bytes, without their ends; undefined for a line of more than `maxBytes`. Reads on only when
 * the next line is requested, so a slow reader slows the writer down.
 */
export async function* readLines(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number = maxLineBytes,
): AsyncGenerator<Buffer | undefined, undefined> {
  /** The beginning of a line that goes on in the next chunk, in pieces: joining them once keeps a long line linear. */
  let pieces: Buffer[] = [];
  let length = 0;
  const keep = (piece: Buffer): void => {
    length += piece.length;
    if (length <= maxBytes) pieces.push(piece);
    else pieces = [];
  };
  const line = (): Buffer | undefined => {
    const [only = Buffer.alloc(0)] = pieces;
    const whole = pieces.length > 1 ? Buffer.concat(pieces) : only;
    const result = length <= maxBytes ? whole : undefined;
    pieces = [];
    length = 0;
    return result;
  };
  for await (const bytes of source) {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      keep(chunk.subarray(start, end));
      yield line();
      start = end + 1;
    }
    if (start < chunk.length) keep(chunk.subarray(start));
  }
  if (length > 0) yield line();
}
