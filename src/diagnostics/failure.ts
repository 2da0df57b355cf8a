/** Exit codes of the command line: 1 error, 3 refused for safety, 64 wrong usage. */
export type FailureExit = 1 | 3 | 64;

/**
 * Why a command cannot go on, in words for people: what happened and where in `message`, what to do in `help`.
 * Thrown by any room, shown by the command line only. Findings in a site's files are diagnostics, not failures.
 */
export class Failure extends Error {
  /** Stable identifier in kebab case. */
  readonly code: string;
  readonly help: string | undefined;
  readonly exit: FailureExit;

  constructor(code: string, message: string, options: { help?: string; exit?: FailureExit; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'Failure';
    this.code = code;
    this.help = options.help;
    this.exit = options.exit ?? 1;
  }
}
