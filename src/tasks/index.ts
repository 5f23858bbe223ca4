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

/** Digests of files and bytes, by any algorithm of `node:crypto`. */
export const hashing: TaskMakers<typeof import('./ready-made/hashing.ts')> = tasks(
  threadModule('tasks/ready-made/hashing'),
);

/** Resizing and metadata of images, with the optional package sharp. */
export const images: TaskMakers<typeof import('./ready-made/images.ts')> = tasks(
  threadModule('tasks/ready-made/images'),
);

/** Hashing and verifying passwords, by scrypt or Argon2id, in the PHC string format. */
export const passwords: TaskMakers<typeof import('./ready-made/passwords.ts')> = tasks(
  threadModule('tasks/ready-made/passwords'),
);

/**
 * Loads sharp on this thread. Call it once before the first image task on Linux with glibc: a sharp that only worker
 * threads have loaded can crash the process when one of them ends (sharp's documentation, "Installation: worker
 * threads").
 */
export async function prepareImages(): Promise<void> {
  await loadSharp();
}
