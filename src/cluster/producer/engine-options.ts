export interface ClusterEngineOptions {
  readonly name: string;
  /** The id of this producer; ids of its batches begin with it. */
  readonly id: string;
  readonly batchMs: number;
  readonly modules: Readonly<Record<string, string>>;
  readonly failWithoutHostsAfterMs: number;
}
