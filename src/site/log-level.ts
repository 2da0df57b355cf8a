/** Syslog severities by the names rule files use; the numbers stand in the log prefix (spec firewall.md 7.7). */
export const logLevels = { emerg: 0, alert: 1, crit: 2, err: 3, warning: 4, notice: 5, info: 6, debug: 7 } as const;

export type LogLevel = keyof typeof logLevels;

/** A level to log at, or null for `nolog`. */
export type LogSetting = LogLevel | null;

/** Reads a level in lower case; `warn` is `warning`. Undefined when it is none. */
export function parseLogLevel(text: string): LogSetting | undefined {
  if (text === 'nolog') return null;
  const name = text === 'warn' ? 'warning' : text;
  return isLogLevel(name) ? name : undefined;
}

const isLogLevel = (name: string): name is LogLevel => Object.hasOwn(logLevels, name);
