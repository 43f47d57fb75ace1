import { CryptoHasher } from 'bun';
import type { Json, JsonObject } from '../domain/json.ts';
import { isArray, isObject } from '../domain/json.ts';

/** `p_` and 20 hex digits: enough that no two people of an installation meet. */
const PSEUDONYM = /^p_[0-9a-f]{20}$/;
const CHARS = 20;
/** Ids of people and of what was issued to them, wherever they stand: `<issuer>|<subject>`. Some issuers' subjects have bars in them. */
const PRINCIPAL = /[^\s|"'(),;]{1,512}(?:\|[^\s|"'(),;]{1,512})+/g;
/** A text that is such an id as a whole: then its subject may have anything in it. */
const WHOLE = /^(?:https?:\/\/[^\s|]{1,512}|sallyport)\|.{1,512}$/su;
/** What speaks for the machine and not for anyone: workloads of ours, and what the vault names. */
const OWN = /^(?:sallyport\|(?:admin|break-glass|control|gateway|issuer|manifest|playbook|registry|reviews|scim|sign-in|socket)$|vault\|)/;
/** Fields of a record (or of a part of one) in which a principal stands as it is. */
const NAMED: ReadonlySet<string> = new Set(['principal', 'person', 'proposer', 'approver', 'caller', 'subject']);
/** What names programs and places, never people. */
const SHOWN: ReadonlySet<string> = new Set(['agent', 'actors', 'route', 'policies', 'client']);

/** One name for each person in place of who they are: a keyed hash, so that nobody without the key can try names. */
export interface Pseudonyms {
  readonly of: (principal: string) => string;
  /** The record with every person in it under their pseudonym; workloads keep their names. Works on any presented part of one. */
  readonly hide: (record: JsonObject) => JsonObject;
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
      const named = [record['onBehalfOf'] ?? {}, record].filter(isObject);
      const kinds = new Map(named.flatMap(({ principal, principalKind }) => (typeof principal === 'string' ? [[principal, principalKind] as const] : [])));
      const isMachine = (id: string): boolean => (kinds.get(id) === undefined ? OWN.test(id) : kinds.get(id) === 'workload');
      const name = (id: string): string => (isMachine(id) || isPseudonym(id) ? id : of(id));
      return hideIn(record, { name, known: [...kinds.keys()] });
    },
  };
}

/** Ids in what somebody wrote that are shown under pseudonyms wherever it is shown. */
export function namesIn(said: Json): readonly string[] {
  if (typeof said === 'string') return WHOLE.test(said) ? [said] : (said.match(PRINCIPAL) ?? []);
  if (isArray(said)) return said.flatMap(namesIn);
  return isObject(said) ? Object.values(said).flatMap(namesIn) : [];
}

interface Hiding {
  readonly name: (id: string) => string;
  /** Ids that this record itself names: found in texts whatever they look like. */
  readonly known: readonly string[];
}

/** Ids of credentials (`standing`) and of what a caller is bound to say as much as the name: they go with it. */
function hideIn(part: JsonObject, hiding: Hiding): JsonObject {
  return Object.fromEntries(Object.entries(part).map(([field, value]) => {
    if (typeof value === 'string' && NAMED.has(field)) return [field, hiding.name(value)];
    return [field, SHOWN.has(field) ? value : hideValue(value, hiding)];
  }));
}

function hideValue(value: Json, hiding: Hiding): Json {
  if (typeof value === 'string') {
    if (!value.includes('|')) return value;
    if (WHOLE.test(value)) return hiding.name(value);
    const withoutKnown = hiding.known.reduce((text, id) => text.replaceAll(id, hiding.name(id)), value);
    return withoutKnown.replace(PRINCIPAL, hiding.name);
  }
  if (isArray(value)) return value.map((item) => hideValue(item, hiding));
  return isObject(value) ? hideIn(value, hiding) : value;
}
