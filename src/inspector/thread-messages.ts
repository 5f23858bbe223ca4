import type { SentFrame } from './record/frame.ts';
import type { ResolvedInspectorOptions } from './options.ts';

/** The `workerData` of the inspector's thread. */
export interface ThreadStart extends ResolvedInspectorOptions {
  readonly port: number;
  readonly host: string;
}

export type ToThread = { readonly kind: 'frame'; readonly frame: SentFrame } | { readonly kind: 'close' };

export type FromThread =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'failed'; readonly code: string | undefined; readonly message: string }
  | { readonly kind: 'viewers'; readonly count: number };
