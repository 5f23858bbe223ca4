/** The command line is invalid. The program exits with code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
