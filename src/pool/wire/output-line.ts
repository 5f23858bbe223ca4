import type { MessagePort } from 'node:worker_threads';

/** The worker thread's end of a `Printer`. */
export interface OutputLine {
  readonly port: MessagePort;
  /** One word of shared memory: the number of messages posted so far. */
  readonly posted: SharedArrayBuffer;
}

/** A chunk of a thread's output. */
export interface Printed {
  readonly fd: 1 | 2;
  readonly chunk: string | Uint8Array;
  /** Tell the thread when this chunk is written: the writer is far ahead. */
  readonly ask: boolean;
}
