const newline = 10;

/**
 * The lines of a stream of bytes, without their ends. It reads on only when the next line is asked for, so whoever is
 * slow to take lines slows down whoever writes them.
 */
export async function* readLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, undefined> {
  /** The beginning of a line that goes on in the next chunk, in pieces: joining them once keeps a long line linear. */
  let pieces: Buffer[] = [];
  for await (const bytes of source) {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const piece = chunk.subarray(start, end);
      start = end + 1;
      if (pieces.length === 0) yield piece;
      else yield Buffer.concat([...pieces, piece]);
      pieces = [];
    }
    if (start < chunk.length) pieces.push(chunk.subarray(start));
  }
  if (pieces.length > 0) yield Buffer.concat(pieces);
}
