import { HostLostError } from 'millrace/cluster';
import type { ClusterExecutor } from 'millrace/cluster';
import type { Outcome } from 'millrace';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { remote } from './cluster.ts';

/** Tasks that log in a file when they begin: whoever runs them, their runs are counted there. */
export class Runs implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'millrace-runs-'));
  readonly file: string = join(this.folder, 'begun');

  constructor() {
    appendFileSync(this.file, '');
  }

  /** How often each task has begun. */
  get counts(): Map<number, number> {
    const counts = new Map<number, number>();
    for (const line of readFileSync(this.file, 'utf8').split('\n'))
      if (line !== '') counts.set(Number(line), (counts.get(Number(line)) ?? 0) + 1);
    return counts;
  }

  get most(): number {
    return Math.max(0, ...this.counts.values());
  }

  /** Resolves when so many have begun. */
  async begun(wanted: number): Promise<void> {
    while (this.counts.size < wanted) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  /** Submits tasks of so many milliseconds, and counts how they ended once all of them have. */
  async all(
    executor: ClusterExecutor,
    count: number,
    ms: number,
    options: { readonly retries?: number } = {},
    during: () => Promise<void> = () => Promise.resolve(),
  ): Promise<{ fulfilled: number; lost: HostLostError[]; others: unknown[] }> {
    const futures = await Promise.all(
      Array.from({ length: count }, (_, id) => executor.submit(remote.logged(this.file, id, ms), options)),
    );
    await during();
    const outcomes: Outcome<number>[] = await Promise.all(futures.map((future) => future.outcome()));
    const reasons = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [] : [outcome.reason]));
    return {
      fulfilled: count - reasons.length,
      lost: reasons.filter((reason) => reason instanceof HostLostError),
      others: reasons.filter((reason) => !(reason instanceof HostLostError)),
    };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
