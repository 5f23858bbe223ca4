/** The command line makes no sense. Ends the program with code 2 before, or instead of, any work. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
