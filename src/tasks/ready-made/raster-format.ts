/** The formats that image tasks read, as sharp names them. AVIF is HEIF with another codec. */
export type RasterFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'heif';

/** Texts at offsets, as Latin-1. A file has the format only if all of them match. */
type Signature = readonly (readonly [offset: number, text: string])[];

const signatures: readonly (readonly [RasterFormat, Signature])[] = [
  ['jpeg', [[0, '\xff\xd8\xff']]],
  ['png', [[0, '\x89PNG\r\n\x1a\n']]],
  ['gif', [[0, 'GIF87a']]],
  ['gif', [[0, 'GIF89a']]],
  [
    'webp',
    [
      [0, 'RIFF'],
      [8, 'WEBPVP8'],
    ],
  ],
  ['tiff', [[0, 'II*\0']]],
  ['tiff', [[0, 'MM\0*']]],
  // BigTIFF, with 64-bit offsets.
  ['tiff', [[0, 'II+\0\x08\0\0\0']]],
  ['tiff', [[0, 'MM\0+\0\x08\0\0']]],
];

/** Major brands that every libvips since 8.16 gives to its HEIF loader. */
const brands = new Set(['avif', 'heic', 'heim', 'heis', 'heix', 'hevc', 'hevm', 'hevs', 'mif1', 'msf1']);

/**
 * The raster format that bytes begin with; undefined for everything else.
 *
 * It demands at least what libvips' own test for the format demands, so libvips chooses the same loader and never reaches a loader
 * that searches for its mark. (SVG's loader looks for `<svg` anywhere in the first kilobyte of text, gzipped or not. It comes after
 * the others, and the NUL in a TIFF's signature ends its search even if the rest is not a TIFF.)
 */
export function rasterFormat(bytes: Uint8Array): RasterFormat | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 16));
  const text = head.toString('latin1');
  const matches = (signature: Signature) =>
    signature.every(([offset, sign]) => text.startsWith(sign, offset));
  return (
    signatures.find(([, signature]) => matches(signature))?.[0] ??
    (isHeif(head, text, bytes.byteLength) ? 'heif' : undefined)
  );
}

/** Do the bytes begin with a whole `ftyp` box: size, type, major brand? */
function isHeif(head: Buffer, text: string, length: number): boolean {
  if (head.length < 16 || text.slice(4, 8) !== 'ftyp' || !brands.has(text.slice(8, 12))) return false;
  const size = head.readUInt32BE(0);
  return size >= 16 && size <= Math.min(2048, length) && size % 4 === 0;
}
