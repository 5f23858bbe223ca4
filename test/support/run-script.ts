import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { patienceMs } from './patience.ts';

const index = new URL('../../dist/index.js', import.meta.url).href;
const fixture = (name: string) => new URL(`../fixtures/${name}`, import.meta.url).href;

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script in a process of its own, with the package and the task modules `work` and `faults` at hand. */
export function runScript(script: string, ...flags: string[]): Promise<Run> {
  const source = `
    import { Executor, inline, tasks, asCompleted } from '${index}';
    const work = tasks('${fixture('work.mjs')}');
    const faults = tasks('${fixture('faults.mjs')}');
    ${script}`;
  return new Promise((resolve) => {
    const args = [...flags, '--input-type=module', '--eval', source];
    const cwd = fileURLToPath(new URL('.', import.meta.url));
    const child = execFile(process.execPath, args, { cwd, timeout: patienceMs }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}
