/** How far a generator may be ahead of its reader. */
export interface CallFlow {
  /** The most items that the generator may be ahead. */
  readonly window: number;
  /** The most estimated bytes that these items may take. */
  readonly windowBytes: number;
  /** May the function be an ordinary one? Then it has a result and no items. Default false. */
  readonly either?: boolean;
  /** How far the reader has come, in memory that both sides share; see `base/credits.ts`. */
  readonly credits: SharedArrayBuffer;
}
