import { Failure } from '../diagnostics/index.js';
import { type Operation, type Origin, spellOrigin, type TransactionError } from '../ruleset/index.js';

/** What an errno of nf_tables usually means (spec netlink.md 2.4; nf_tables_api.c). */
const meanings: Readonly<Record<string, string>> = {
  EBUSY: 'something else still refers to it',
  EEXIST: 'it is there already with another meaning, or overlaps with what is there',
  EINVAL: 'this kernel does not understand it',
  EMFILE: 'too many objects',
  EMLINK: 'jumps go in a circle or more than 15 chains deep',
  EMSGSIZE: 'the transaction is larger than the socket buffer may be',
  ENFILE: 'the set is full',
  ENOENT: 'something it refers to is not there, or this kernel lacks a module for it',
  ENOMEM: 'the kernel is out of memory',
  EOPNOTSUPP: 'this kernel does not support it at this place',
  EPERM: 'the table belongs to a running program (flags owner), or this one lacks CAP_NET_ADMIN',
  ERANGE: 'a name or value is too long',
};

/**
 * The kernel's refusal of a transaction in words, traced to the source line of the operation that caused it: the lowest
 * index is the cause, later errors are mostly its consequences.
 */
export function refusal(operations: readonly Operation[], errors: readonly TransactionError[]): Failure {
  const [cause] = [...errors].sort((a, b) => (a.operation ?? Infinity) - (b.operation ?? Infinity));
  if (cause === undefined) {
    return new Failure('kernel-refused', 'the kernel refused the transaction without a reason', { help: unchanged });
  }
  const operation = cause.operation === null ? undefined : operations[cause.operation];
  const origin = operation === undefined ? null : originOf(operation);
  const place = origin === null ? '' : `${spellOrigin(origin)}: `;
  const what = operation === undefined ? 'the transaction' : describe(operation);
  const detail = cause.detail === null ? '' : `: ${cause.detail}`;
  const meaning = meanings[cause.errno];
  const reason = `${cause.errno}${meaning === undefined ? '' : ` (${meaning})`}${detail}`;
  return new Failure('kernel-refused', `${place}the kernel refused ${what}: ${reason}`, { help: unchanged });
}

const unchanged = 'nothing was changed; the rules that were in force still are';

function describe(operation: Operation): string {
  const family = operation.table.family;
  switch (operation.kind) {
    case 'add table':
    case 'delete table':
      return `to ${operation.kind.replace('table', 'the table')} ${family} ${operation.table.name}`;
    case 'add chain':
      return `to add the chain ${family}/${operation.chain.name}`;
    case 'delete chain':
    case 'flush chain':
      return `to ${operation.kind.replace('chain', 'the chain')} ${family}/${operation.chain}`;
    case 'add set':
    case 'add dynamic set':
      return `to add the set ${family}/${operation.set.name}`;
    case 'delete set':
      return `to delete the set ${family}/${operation.set}`;
    case 'add helper':
      return `to add the helper ${family}/${operation.helper.name}`;
    case 'delete helper':
      return `to delete the helper ${family}/${operation.helper}`;
    case 'delete foreign object':
      return `to delete the foreign object ${family}/${operation.object.name}`;
    case 'add map':
      return `to add the map ${family}/${operation.map.name}`;
    case 'delete map':
      return `to delete the map ${family}/${operation.map}`;
    case 'add elements':
    case 'delete elements':
      return `to ${operation.kind} of the set ${family}/${operation.set.name}`;
    case 'add map elements':
    case 'delete map elements':
      return `to ${operation.kind.replace('map elements', 'elements')} of the map ${family}/${operation.map}`;
    case 'add rule':
      return `this rule of the chain ${family}/${operation.chain}`;
    case 'delete rule':
      return `to delete a rule of the chain ${family}/${operation.chain}`;
  }
}

function originOf(operation: Operation): Origin | null {
  switch (operation.kind) {
    case 'add rule':
      return operation.rule.origin;
    case 'delete rule':
      return operation.origin;
    case 'add set':
    case 'add dynamic set':
    case 'add elements':
    case 'delete elements':
      return operation.set.origin;
    case 'add helper':
      return operation.helper.origin;
    case 'add map elements':
      return operation.elements[0]?.origin ?? null;
    case 'add table':
    case 'delete table':
    case 'add chain':
    case 'delete chain':
    case 'flush chain':
    case 'delete set':
    case 'delete helper':
    case 'delete foreign object':
    case 'add map':
    case 'delete map':
    case 'delete map elements':
      return null;
  }
}
