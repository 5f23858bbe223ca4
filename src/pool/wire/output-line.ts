import type { MessagePort } from 'node:worker_threads';

/** The thread's end of a `Printer`. */
export interface OutputLine {
  readonly port: MessagePort;
  /** One word of shared memory: messages posted so far. */
  readonly posted: SharedArrayBuffer;
}

/** Something that a thread has printed. */
export interface Printed {
  readonly fd: 1 | 2;
  readonly chunk: string | Uint8Array;
  /** Tell the thread when this was written: its writer is far ahead. */
  readonly ask: boolean;
}
