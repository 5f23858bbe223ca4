import type { Metadata, Sharp as Pipeline } from 'sharp';
import type { VariantOptions } from './image-options.ts';
import { loadSharp } from './load-sharp.ts';

/** The factor by which a variant scales the upright input, with the input's proportions kept; the larger of both sides' factors. */
export function scaleOf({ autoOrient }: Metadata, variant: VariantOptions): number {
  const { width = 0, height = 0, withoutEnlargement = false } = variant;
  const scale = Math.max(width / autoOrient.width, height / autoOrient.height);
  return withoutEnlargement ? Math.min(1, scale) : scale;
}

/**
 * Decodes an image once for all its variants: to the size of the largest variant, or unscaled if a variant is larger than the
 * input. A codec that can decode to a smaller size at once (JPEG, WebP) does so.
 *
 * The result holds an uncompressed PNG, which keeps metadata, as raw pixels would not. Each clone of the result starts from it.
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
