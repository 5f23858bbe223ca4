/** What the process ends with; after a signal what shells and `timeout(1)` expect: 128 and the signal's number. */
export const exitCodes = {
  ok: 0,
  /** An item failed, or a checksum did not match; the others were done. */
  failed: 1,
  /** The command line makes no sense. */
  usage: 2,
  interrupted: 130,
  /** The reader of standard output went away, so the output is not complete: what SIGPIPE makes of other tools. */
  closedPipe: 141,
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
