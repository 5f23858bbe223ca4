import { rules } from './rules.ts';
import type { Verdict, VerdictOptions } from './rule.ts';
import type { Scene } from './scene.ts';

/**
 * States what limits throughput, from the figures of a few seconds. A pure function: the page, the command line and tests use it alike.
 */
export function verdict(scene: Scene, options: VerdictOptions = {}): Verdict {
  const { waitsOn = 'a disk, the network or a lock', source = 'their source' } = options;
  const rule = rules.find((each) => each.holds(scene));
  if (rule === undefined) throw new Error('internal: the last rule always holds');
  return { kind: rule.kind, ...rule.say(scene, { waitsOn, source }) };
}
