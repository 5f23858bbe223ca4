import { toPrintable } from '../byte-path.ts';
import type { Given } from '../given.ts';
import { UsageError } from '../usage-error.ts';
import { clusterArguments } from './cluster-arguments.ts';
import type { ClusterArguments } from './cluster-arguments.ts';

export interface StatusArguments extends ClusterArguments {
  readonly json: boolean;
}

/** @throws {UsageError} that names what is wrong. */
export function statusArguments(given: Given): StatusArguments {
  const [what, ...more] = given.operands;
  if (what === undefined || more.length > 0) throw new UsageError('cluster takes one subcommand: status');
  if (what !== 'status')
    throw new UsageError(`unknown subcommand '${toPrintable(what)}' of cluster (known: status)`);
  return { ...clusterArguments(given, 'cluster status'), json: given.values.has('json') };
}
