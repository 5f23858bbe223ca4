import { accessSync, constants, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { TuneArguments } from './tune-arguments.ts';
import { fromText, toSystem } from '../byte-path.ts';
import type { BytePath } from '../byte-path.ts';
import type { Session } from '../session.ts';
import { refuseInvalid, taskMaker } from '../task-target.ts';
import { jsonReport } from './json-report.ts';
import { measure } from './measure.ts';
import type { Findings } from './measure.ts';
import { LineError, readSamples } from './samples.ts';
import type { Sample, ToTask } from './samples.ts';
import { drawSvg, loadCharts } from './svg.ts';
import { textReport } from './text-report.ts';

/** `millrace tune MODULE#EXPORT`: measures a function and advises how many workers and outstanding tasks to set. */
export async function tune(session: Session, args: TuneArguments): Promise<void> {
  const { svg, json } = args;
  const toTask = taskMaker(args.target);
  // A missing package, directory or input is reported before the long measuring.
  const charts = svg === undefined ? undefined : await loadCharts();
  for (const file of [svg, json]) {
    if (file !== undefined && !(await hasPlace(session, file))) return;
  }
  const samples = await read(session, args.input, toTask);
  if (samples === undefined) return;
  let findings: Findings;
  try {
    findings = await measure(session, args, samples);
  } catch (error) {
    if (session.interrupted) return;
    if (!(error instanceof LineError)) throw error;
    refuseInvalid(error.cause);
    await session.fail(`line ${error.line}`, error.cause);
    return;
  }
  await session.output.write(fromText(textReport(findings, process.stdout.columns)));
  if (json !== undefined) await write(session, json, jsonReport(findings));
  if (svg !== undefined && charts !== undefined) await write(session, svg, drawSvg(charts, findings));
}

/** Reads the samples; undefined if there are none, after reporting why. */
async function read(
  session: Session,
  input: BytePath | undefined,
  toTask: ToTask,
): Promise<readonly Sample[] | undefined> {
  const name = input ?? 'standard input';
  try {
    const { samples, cutAfter } = await readSamples(input, toTask);
    if (cutAfter !== undefined) await session.remark(`${name}: only the first ${cutAfter} lines are used`);
    if (samples.length > 0) return samples;
    await session.fail(name, 'has no line with a value');
  } catch (error) {
    if (error instanceof LineError) await session.fail(`line ${error.line}`, error.cause);
    else await session.fail(name, error);
  }
  return undefined;
}

/** True if the file can be written or made; otherwise reports why not. */
async function hasPlace(session: Session, file: BytePath): Promise<boolean> {
  try {
    const there = statSync(toSystem(file), { throwIfNoEntry: false });
    accessSync(toSystem(there === undefined ? dirname(file) : file), constants.W_OK);
    if (there?.isDirectory() !== true) return true;
    await session.fail(file, 'is a directory');
    return false;
  } catch (error) {
    await session.fail(file, error);
    return false;
  }
}

async function write(session: Session, file: BytePath, text: string): Promise<void> {
  try {
    writeFileSync(toSystem(file), text);
  } catch (error) {
    await session.fail(file, error);
  }
}
