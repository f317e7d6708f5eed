/** What the process says to a script, the same for every command. */
export const exitCode = {
  /** The answer is yes; nothing is wrong. */
  yes: 0,
  /** The answer is no: packets and compiler differ, a flow is denied, an agent does not enforce. */
  no: 1,
  /** There is no answer: wrong usage, unreadable or invalid input, a broken world. */
  cannotAnswer: 2,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];
