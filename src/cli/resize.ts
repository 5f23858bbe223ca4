import { existsSync } from 'node:fs';
import { InvalidOptionError } from '../index.ts';
import type { Task } from '../index.ts';
import { images, prepareImages } from '../tasks/index.ts';
import type { ResizedImage } from '../tasks/index.ts';
import { breathe, countFiles } from './breathe.ts';
import { fromText, toSystem } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';
import type { ResizeArguments } from './resize-arguments.ts';
import type { Session } from './session.ts';
import { Targets } from './targets.ts';
import { UsageError } from './usage-error.ts';
import { sizeOf, walk } from './walk.ts';

interface Picture {
  readonly path: BytePath;
  readonly from: string;
  /** True for an operand, false for a file found below a directory. An operand that is no image is an error. */
  readonly named: boolean;
  /** The results to make, each with the file it goes to. */
  readonly variants: readonly (ResizeArguments['renditions'][number]['options'] & { readonly to: string })[];
}

/** `millrace resize PATH… --out DIR` */
export async function resize(session: Session, args: ResizeArguments): Promise<void> {
  const { paths, out, renditions, options, skipExisting, dryRun } = args;
  const executor = await session.open(args.workers);
  await prepareImages();
  const targets = new Targets(paths, out, dryRun);
  const pictures = () => walk(paths, (directory) => !targets.isOut(directory));
  const counts = { noImages: 0, existing: 0, flattened: 0 };

  async function* planned(): AsyncGenerator<Picture, undefined> {
    for await (const file of breathe(pictures(), (path, error) => session.fail(path, error))) {
      try {
        const { path } = file;
        const from = toSystem(path);
        if (typeof from !== 'string') throw new TypeError('its name is not UTF-8');
        const all = targets
          .take(file, renditions)
          .map((to, index) => ({ ...renditions[index]?.options, to }));
        const variants = skipExisting ? all.filter(({ to }) => !existsSync(to)) : all;
        counts.existing += all.length - variants.length;
        if (variants.length > 0) yield { path, from, named: file.below === undefined, variants };
      } catch (error) {
        await session.fail(file.path, error);
      }
    }
  }

  function toTask({ from, variants }: Picture): Task<unknown> {
    return dryRun ? images.metadata(from) : images.variants(from, variants, options);
  }

  function refused({ path, named }: Picture, reason: unknown): Promise<void> | undefined {
    // Only sharp can tell that a colour is invalid.
    if (reason instanceof InvalidOptionError) throw new UsageError(`--${reason.message}`);
    const { code, damaged } = reason as { code?: unknown; damaged?: unknown };
    if (named || code !== 'ERR_MILLRACE_NOT_AN_IMAGE' || damaged === true) return session.fail(path, reason);
    counts.noImages++;
    return undefined;
  }

  await session.each(
    planned(),
    toTask,
    (picture, outcome) => {
      if (outcome.status !== 'fulfilled') return refused(picture, outcome.reason);
      if (!dryRun && (outcome.value as ResizedImage[]).some(({ flattened }) => flattened)) counts.flattened++;
      return session.output.write(fromText(picture.variants.map(({ to }) => `${to}\n`).join('')));
    },
    { executor, bytes: ({ path }) => sizeOf(path), total: () => countFiles(pictures()) },
  );
  if (session.interrupted) return;
  session.output.flush();
  await tell(counts.noImages, 'file is no image, and was skipped', 'files are no images, and were skipped');
  await tell(
    counts.existing,
    'result exists already, and was skipped',
    'results exist already, and were skipped',
  );
  if (args.background) return;
  const what = 'an alpha channel, which JPEG can not keep: put on white (--background chooses)';
  await tell(counts.flattened, `image has ${what}`, `images have ${what}`);

  function tell(count: number, one: string, many: string): Promise<void> | undefined {
    return count === 0 ? undefined : session.remark(`${count} ${count === 1 ? one : many}`);
  }
}
