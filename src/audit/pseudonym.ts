import { CryptoHasher } from 'bun';
import type { Json, JsonObject } from '../domain/json.ts';
import { isArray, isObject } from '../domain/json.ts';

/** `p_` and 20 hex digits: enough that no two people of an installation meet. */
const PSEUDONYM = /^p_[0-9a-f]{20}$/;
const CHARS = 20;
/** Ids of people and of what was issued to them: `<issuer>|<subject>`. */
const PRINCIPAL = /^[^\s|]{1,512}\|[^|\n]{1,512}$/;
/** What speaks for the machine and not for anyone: workloads of ours, and what the vault names. */
const OWN = /^(?:sallyport\|(?:registry|control|manifest|root|socket|admin)$|vault\|)/;
/** Fields of a record (or of a part of one) in which a principal stands as it is. */
const NAMED: ReadonlySet<string> = new Set(['principal', 'person', 'proposer', 'approver', 'caller', 'subject']);

/** One name for each person in place of who they are: a keyed hash, so that nobody without the key can try names. */
export interface Pseudonyms {
  of(principal: string): string;
  /** The record with every person in it under their pseudonym; workloads keep their names. Works on any presented part of one. */
  hide(record: JsonObject): JsonObject;
}

export function isPseudonym(text: string): boolean {
  return PSEUDONYM.test(text);
}

/** `key`: 32 bytes, of the installation. */
export function createPseudonyms(key: Uint8Array): Pseudonyms {
  const of = (principal: string): string => `p_${new CryptoHasher('sha256', key).update(principal).digest('hex').slice(0, CHARS)}`;
  return {
    of,
    hide(record) {
      const workload = record['principalKind'] === 'workload' ? record['principal'] : undefined;
      const name = (id: string): string => (id === workload || OWN.test(id) || isPseudonym(id) ? id : of(id));
      return hideIn(record, name, typeof record['principal'] === 'string' ? record['principal'] : undefined);
    },
  };
}

/** Ids of credentials (`standing`) and of what a caller is bound to say as much as the name: they go with it. */
function hideIn(part: JsonObject, name: (id: string) => string, self: string | undefined): JsonObject {
  return Object.fromEntries(Object.entries(part).map(([field, value]) => {
    if (typeof value === 'string' && NAMED.has(field)) return [field, name(value)];
    return [field, field === 'agent' || field === 'actors' || field === 'route' ? value : hideValue(value, name, self)];
  }));
}

function hideValue(value: Json, name: (id: string) => string, self: string | undefined): Json {
  if (typeof value === 'string') return value === self || PRINCIPAL.test(value) ? name(value) : value;
  if (isArray(value)) return value.map((item) => hideValue(item, name, self));
  return isObject(value) ? hideIn(value, name, self) : value;
}
