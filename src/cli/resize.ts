import { mkdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import { images, prepareImages } from '../tasks/index.ts';
import type { ResizeOptions } from '../tasks/index.ts';
import type { Arguments } from './arguments.ts';
import type { Session } from './session.ts';
import { walk } from './walk.ts';
import type { WalkedFile } from './walk.ts';

interface Picture {
  readonly from: string;
  readonly to: string;
}

/** `millrace resize PATH… --out DIR` */
export async function resize(session: Session, args: Arguments): Promise<void> {
  const { paths, out, width, height, quality, format } = args;
  await prepareImages();
  const taken = new Set<string>();

  function* pictures(): Generator<Picture> {
    for (const { path, root } of walk(paths, (failed, error) => session.fail(failed.toString(), error))) {
      if (isOutput(path.toString(), root, out)) continue;
      const picture = { from: path.toString(), to: targetOf({ path, root }, args) };
      if (taken.has(picture.to)) session.fail(picture.from, `another source goes to ${picture.to} as well`);
      else {
        taken.add(picture.to);
        mkdirSync(dirname(picture.to), { recursive: true });
        yield picture;
      }
    }
  }

  const options: ResizeOptions = {
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
    ...(quality !== undefined && { quality }),
    ...(format !== undefined && { format }),
  };
  mkdirSync(out, { recursive: true });
  const results = session.each(pictures(), ({ from, to }) => images.resize(from, { ...options, to }), {
    ordered: true,
    total: () => walk(paths, () => {}),
  });
  for await (const { item, outcome } of results) {
    if (outcome.status !== 'fulfilled') session.fail(item.from, outcome.reason);
    else await session.output.write(`${item.to}\n`);
  }
}

/** With DIR inside of what is resized, the results must not be taken for sources. */
function isOutput(path: string, root: string, out: string): boolean {
  return resolve(out) !== resolve(root) && resolve(path).startsWith(resolve(out) + sep);
}

/** Below DIR as it stands below the directory that was given; the ending follows the format. */
function targetOf({ path, root }: WalkedFile, { out, format }: Arguments): string {
  const from = path.toString();
  const below = statSync(root).isDirectory() ? relative(root, from) : basename(from);
  if (format === undefined) return join(out, below);
  const ending = format === 'jpeg' ? '.jpg' : `.${format}`;
  return join(out, `${below.slice(0, below.length - extname(below).length)}${ending}`);
}
