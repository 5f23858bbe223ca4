import { hashing } from '../tasks/index.ts';
import type { Arguments } from './arguments.ts';
import { formatLine } from './checksum-line.ts';
import type { Session } from './session.ts';
import { walk } from './walk.ts';

/** `millrace hash PATH…` */
export async function hash(session: Session, { paths, algorithm, json }: Arguments): Promise<void> {
  const files = walk(paths, (path, error) => session.fail(path.toString(), error));
  const results = session.each(files, ({ path }) => hashing.hashFile(path, algorithm), {
    ordered: true,
    total: () => walk(paths, () => {}),
  });
  for await (const { item, outcome } of results) {
    if (outcome.status !== 'fulfilled') session.fail(item.path.toString(), outcome.reason);
    else {
      const digest = outcome.value;
      const line = json
        ? `${JSON.stringify({ path: item.path.toString(), algorithm, digest })}\n`
        : formatLine(digest, item.path);
      await session.output.write(line);
    }
  }
}
