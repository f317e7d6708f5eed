/** The command line asks for something that there is not; the message says what, the hint how to ask for it. */
export class UsageError extends Error {
  readonly code = 'usage';
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = 'UsageError';
    this.hint = hint;
  }
}
