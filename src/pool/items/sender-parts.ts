import type { PostItems } from './outgoing-items.ts';
import type { Leaves } from './prepare.ts';

/** What an `ItemSender` asks of its owner. */
export interface SenderParts {
  readonly post: PostItems;
  /** True once nothing more may be pulled. */
  isStopped(): boolean;
  /** Waits for the reader. */
  untilRead(read: Promise<void>): Promise<void>;
  /** When the newest item leaves. @param isLast the item will be sent before the next one is pulled. */
  leaves(isLast: boolean): Leaves;
  /** Called before each step; a promise is waited for. */
  pause?(nowMs: number): Promise<void> | undefined;
}
