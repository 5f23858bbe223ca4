import type { Metadata, Sharp as Pipeline } from 'sharp';
import type { VariantOptions } from './image-options.ts';
import { loadSharp } from './load-sharp.ts';

/**
 * How much larger than the input, upright, a variant would have its longer side; the input's own shape is kept.
 */
export function scaleOf({ autoOrient }: Metadata, variant: VariantOptions): number {
  const { width = 0, height = 0, withoutEnlargement = false } = variant;
  const scale = Math.max(width / autoOrient.width, height / autoOrient.height);
  return withoutEnlargement ? Math.min(1, scale) : scale;
}

/**
 * The image as its variants need it, decoded: as large as the largest of them, or as it is if one is larger. Where a codec can
 * decode to a smaller size at once (JPEG, WebP), it does.
 *
 * As a PNG that is not compressed, which keeps metadata where pixels alone would not; and all later copies of the result
 * begin there.
 */
export async function decodeOnce(
  pipeline: Pipeline,
  metadata: Metadata,
  variants: readonly VariantOptions[],
): Promise<Pipeline> {
  const scale = Math.max(...variants.map((variant) => scaleOf(metadata, variant)));
  if (scale < 1) {
    const { width, height } = metadata.autoOrient;
    const side = (pixels: number): number => Math.max(1, Math.round(pixels * scale));
    pipeline.resize({ width: side(width), height: side(height), fit: 'fill' });
  }
  const decoded = await pipeline.png({ compressionLevel: 0, adaptiveFiltering: false }).toBuffer();
  const sharp = await loadSharp();
  return sharp(decoded, { limitInputPixels: false });
}
