import { threadModule } from '../package-file.ts';
import { loadSharp } from './ready-made/load-sharp.ts';
import { tasks } from './task-makers.ts';
import type { TaskMakers } from './task-makers.ts';

export type { ImageInput, ImageMetadata, ResizedImage } from './ready-made/images.ts';
export type {
  ImageLimits,
  OutputFormat,
  ResizeOptions,
  VariantOptions,
  VariantsOptions,
} from './ready-made/image-options.ts';
export type { PasswordOptions } from './ready-made/password-options.ts';
export type { Verified } from './ready-made/passwords.ts';

/** Digests of files and bytes: any algorithm of `node:crypto`; BLAKE3 and xxHash with the optional package hash-wasm. */
export const hashing: TaskMakers<typeof import('./ready-made/hashing.ts')> = tasks(
  threadModule('tasks/ready-made/hashing'),
);

/** Resizing, variants and metadata of images, with the optional package sharp (0.34 or later). */
export const images: TaskMakers<typeof import('./ready-made/images.ts')> = tasks(
  threadModule('tasks/ready-made/images'),
);

/** Hashing and verifying passwords by scrypt (RFC 7914) or Argon2id (RFC 9106), in the PHC string format. */
export const passwords: TaskMakers<typeof import('./ready-made/passwords.ts')> = tasks(
  threadModule('tasks/ready-made/passwords'),
);

/**
 * Loads sharp on this thread. Call it once before the first image task on Linux with glibc: a sharp that only worker
 * threads have loaded can crash the process when one of them ends (sharp's documentation, "Installation: worker
 * threads"). Rejects with `PeerError` if sharp is missing or older than 0.34.
 */
export async function prepareImages(): Promise<void> {
  await loadSharp();
}
