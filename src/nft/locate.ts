import type { Operation, Transaction } from '../ruleset/operation.ts';
import type { FaultLocation } from './errors.ts';

/**
 * The place of the first error that nft reports about the text form of a transaction, with the object that the line is
 * about. `undefined` where nft names no place.
 */
export function locateFault(
  stderr: string,
  text: string,
  transaction: Transaction,
): FaultLocation | undefined {
  const match = /^\S+?:(\d+):(\d+)-(\d+): Error: /m.exec(stderr);
  if (match === null) return undefined;
  const [line, column, end] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const command = text.split('\n')[line - 1];
  // One operation a line: the renderer's promise.
  const operation = transaction.operations[line - 1];
  if (command === undefined || operation === undefined) return undefined;
  const [kind, name] = describeOperation(operation, transaction.table);
  const object =
    operation.op === 'add-rule'
      ? `rule of chain ${name}${operation.rule.comment === undefined ? '' : ` (${operation.rule.comment})`}`
      : kind === 'element'
        ? `element ${command.slice(column - 1, end).slice(0, 100)} of ${name}`
        : `${kind} ${name}`;
  return { line, column, command: excerpt(command, column), object };
}

/** nft's word for the object that the operation is about, and its name: of an element the set, of a rule the chain. */
export function describeOperation(
  operation: Operation,
  table: string,
): readonly [object: string, name: string] {
  switch (operation.op) {
    case 'add-table':
    case 'delete-table':
      return ['table', table];
    case 'add-set':
    case 'delete-set':
      return [operation.set.kind, operation.set.name];
    case 'add-elements':
    case 'delete-elements':
      return ['element', operation.set];
    case 'add-counter':
    case 'delete-counter':
      return ['counter', operation.counter];
    case 'add-chain':
      return ['chain', operation.chain.name];
    case 'flush-chain':
    case 'delete-chain':
      return ['chain', operation.chain];
    case 'add-rule':
      return ['rule', operation.chain];
  }
}

/** A line may hold all elements of a set. */
function excerpt(command: string, column: number): string {
  const [before, after] = [120, 240];
  const start = Math.max(0, column - before);
  const cut = command.slice(start, start + before + after);
  return `${start > 0 ? '...' : ''}${cut}${start + cut.length < command.length ? '...' : ''}`;
}
