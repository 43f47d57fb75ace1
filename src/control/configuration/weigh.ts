import type { Json } from '../../domain/json.ts';
import { CONFIDENTIALITIES } from '../../domain/server.ts';
import type { Kind } from '../../store/store.ts';
import type { Leaf } from './leaves.ts';

/** Whether something lets more happen afterwards, or less. What is not known to take away is `more`. */
export type Weight = 'more' | 'less' | 'same';

/** Words for people, and what says how something came to be. */
const REMARKS = /(?:^|\.)(?:reason|purpose|declaredBy|moved|approvedAt|approvedBy|createdAt|madeBy|digest|note|region|contact)$/;
/** How a server is reached or started: a package's digest there is what runs, a variable may have any name. */
const REACHED = /^endpoint\./;
/** Lists of what is let through: a member more is more. */
const LETS: readonly RegExp[] = [/^allow(?:\.|$)/, /^members(?:\.|$)/, /^clients$/, /(?:^|\.)sandbox\.(?:reads|writes|network)$/, /^audience$/];
/** Lists of what is watched out for: a member more is less. */
const HOLDS = /(?:^|\.)labels\.categories$/;
const AMOUNT = /(?:^|\.)(?:expiresAt|sandbox\.\w+)$/;
/** From the least that a tool can do. */
const RISING: readonly Json[] = ['read', 'write', 'communicate', 'execute', 'destroy', 'transact'];

/** A row that is new, or gone. */
export function weighRow(kind: Kind, verb: 'add' | 'remove'): Weight {
  if (verb === 'add') return 'more';
  return kind === 'setting' ? 'more' : 'less';
}

/** One place of a row. */
export function weighLeaf(kind: Kind, { path, before, after }: Leaf): Weight {
  if (kind === 'listing') return path === 'status' && after === 'active' ? 'more' : 'same';
  if (REMARKS.test(path) && !REACHED.test(path)) return 'same';
  if (LETS.some((pattern) => pattern.test(path))) return after === null ? 'less' : 'more';
  if (HOLDS.test(path)) return before === null ? 'less' : 'more';
  if (AMOUNT.test(path) && typeof before === 'number' && typeof after === 'number') return after > before ? 'more' : 'less';
  if (path === 'revokedAt') return before === null ? 'less' : 'more';
  if (path === 'twoPersons' || path === 'everyWidening') return after === true ? 'less' : 'more';
  if (kind === 'server' && path === 'status') return after === 'approved' ? 'more' : after === 'scanned' ? 'same' : 'less';
  if (/(?:^|\.)labels\.integrity$/.test(path)) return after === 'untrusted' ? 'less' : 'more';
  if (/(?:^|\.)labels\.confidentiality$/.test(path)) return rise(CONFIDENTIALITIES, before, after);
  if (/^tools\..*\.effect$/.test(path)) return rise(RISING, before, after);
  return 'more';
}

export function join(weights: readonly Weight[]): Weight {
  return weights.includes('more') ? 'more' : weights.includes('less') ? 'less' : 'same';
}

/** Stricter the further up. */
function rise(order: readonly Json[], before: Json, after: Json): Weight {
  const [old, now] = [order.indexOf(before), order.indexOf(after)];
  return old >= 0 && now > old ? 'less' : 'more';
}
