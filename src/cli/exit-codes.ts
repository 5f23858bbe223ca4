/** Exit codes of the process. After a signal it is 128 plus the signal's number, as shells and `timeout(1)` expect. */
export const exitCodes = {
  ok: 0,
  /** An item failed, or a checksum did not match; all other items were processed. */
  failed: 1,
  /** The command line is invalid. */
  usage: 2,
  interrupted: 130,
  /** The reader of standard output closed it, so the output is incomplete: as SIGPIPE ends other tools. */
  closedPipe: 141,
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
