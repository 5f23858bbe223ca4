import { images, prepareImages } from '../tasks/index.ts';
import type { ResizeArguments } from './arguments.ts';
import { breathe, countFiles } from './breathe.ts';
import { fromText, toSystem } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';
import type { Session } from './session.ts';
import { Targets } from './targets.ts';
import { walk } from './walk.ts';

interface Picture {
  readonly path: BytePath;
  readonly from: string;
  readonly to: string;
}

/** `millrace resize PATH… --out DIR` */
export async function resize(
  session: Session,
  { paths, out, options, workers }: ResizeArguments,
): Promise<void> {
  const executor = session.open(workers);
  await prepareImages();
  const targets = new Targets(paths, out, options.format);
  const pictures = () => walk(paths, (directory) => !targets.isOut(directory));

  async function* planned(): AsyncGenerator<Picture, undefined> {
    for await (const file of breathe(pictures(), (path, error) => session.fail(path, error))) {
      try {
        const from = toSystem(file.path);
        if (typeof from !== 'string') throw new TypeError('its name is not UTF-8');
        yield { path: file.path, from, to: targets.take(file) };
      } catch (error) {
        await session.fail(file.path, error);
      }
    }
  }

  await session.each(
    planned(),
    ({ from, to }) => images.resize(from, { ...options, to }),
    ({ path, to }, outcome) =>
      outcome.status === 'fulfilled'
        ? session.output.write(fromText(`${to}\n`))
        : session.fail(path, outcome.reason),
    { executor, ordered: true, total: () => countFiles(pictures()) },
  );
}
