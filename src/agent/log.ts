import { type DestinationStream, pino } from 'pino';
import type { LogFields } from '../kube/log.ts';
import type { LogLevel } from './log-level.ts';

/** Everything the agent says. A message is a constant to search and alert on; what varies is in the fields. */
export type LogMessage =
  | 'agent started'
  | 'agent stopped'
  | 'start ruleset is closed'
  | 'kernel ruleset stays until synced'
  | 'table not listed'
  | 'node not found'
  | 'new pods are open until programmed'
  | 'no epoch is free: every packet is judged'
  | 'epochs are free again'
  | 'connections not listed'
  | 'connections not counted'
  | 'no room for new connections'
  | 'room for new connections again'
  | 'counters not listed'
  | 'host finding'
  | 'store synced'
  | 'enforcing'
  | 'sync applied'
  | 'sync failed'
  | 'compiler rebuilt'
  | 'foreign change'
  | 'monitor lost'
  | 'drift found'
  | 'drift repaired'
  | 'kernel verified'
  | 'pod closed by defect'
  | 'pod closed: its policies are too large'
  | 'audit of pod spoilt by defect'
  | 'audit of pod denies all: its policies are too large'
  | 'policy diagnostics'
  | 'object not understood'
  | 'denied connections are logged'
  | 'denied connections went by unseen'
  | 'connection denied'
  | 'connection would be denied'
  | 'listening';

/**
 * Values stay machine-readable: no sentences put together. Errors go under `err`, or under `error` as the edge to the API
 * server has it; both are written out with message, stack and causes.
 */
export interface Log {
  debug(fields: LogFields, message: LogMessage): void;
  info(fields: LogFields, message: LogMessage): void;
  warn(fields: LogFields, message: LogMessage): void;
  error(fields: LogFields, message: LogMessage): void;
}

/** JSON lines on standard output, or on `destination`. Synchronous, so that nothing is lost when the process dies. */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
  return pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      // Of itself pino writes out `err` alone: of an Error elsewhere the message would be lost.
      serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
      formatters: { level: (label) => ({ level: label }) },
    },
    destination ?? pino.destination({ fd: 1, sync: true }),
  );
}
