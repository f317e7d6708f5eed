import { type DestinationStream, pino } from 'pino';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Everything the agent says. A message is a constant to search and alert on; what varies is in the fields. */
export type LogMessage =
  | 'agent started'
  | 'agent stopped'
  | 'start check failed'
  | 'start ruleset is closed'
  | 'kernel ruleset adopted'
  | 'node has no podCIDRs'
  | 'bridge netfilter is off'
  | 'watch synced'
  | 'watch failed'
  | 'enforcing'
  | 'sync applied'
  | 'sync failed'
  | 'sync recovered'
  | 'compiler rebuilt'
  | 'policy diagnostics'
  | 'object not understood'
  | 'event not recorded'
  | 'listening';

/** Values that stay machine-readable: no sentences put together. Errors go under `error`. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(message: LogMessage, fields?: LogFields): void;
  info(message: LogMessage, fields?: LogFields): void;
  warn(message: LogMessage, fields?: LogFields): void;
  error(message: LogMessage, fields?: LogFields): void;
}

/** JSON lines on standard output, or on `destination`. Synchronous, so that nothing is lost when the process dies. */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
  const logger = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
    },
    destination ?? pino.destination({ fd: 1, sync: true }),
  );
  return {
    debug: (message, fields = {}) => {
      logger.debug(fields, message);
    },
    info: (message, fields = {}) => {
      logger.info(fields, message);
    },
    warn: (message, fields = {}) => {
      logger.warn(fields, message);
    },
    error: (message, fields = {}) => {
      logger.error(fields, message);
    },
  };
}
