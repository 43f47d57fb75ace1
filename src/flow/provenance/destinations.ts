import type { Effect } from '../../domain/server.ts';
import { isArray, isObject, type Json } from '../../domain/json.ts';
import { isIban, isMail, isPath, isUrl } from './strict.ts';
import { tokensOf, type Leaf } from './values.ts';

/** What of a call says where something goes. */
export interface Aim {
  readonly at: string;
  /** One destination: a leaf that names several is several. */
  readonly value: string;
  /** Whether it stands for a place in a file system, by its name. */
  readonly isPath: boolean;
}

export interface AimRules {
  /** Pointers or property names that an administrator declared; they replace what is found by names and shapes. */
  readonly declared?: readonly string[];
  readonly effect?: Effect;
  /** The pinned input schema: formats say what a property is. */
  readonly schema?: Json;
}

const PLACES = new Set('path paths filepath filename file files dir directory folder folders source destination dest'.split(' '));
const NAMES = new Set([
  ...PLACES,
  ...'to cc bcc recipient recipients addressee address addresses email emails mail mailto invitee invitees'.split(' '),
  ...'url urls uri uris href link endpoint webhook callback host hosts hostname domain domains ip origin remote'.split(' '),
  ...'channel channels chat room account accounts iban payee beneficiary wallet phone msisdn target targets'.split(' '),
  ...'repo repository repositories bucket org organization project workspace assignee'.split(' '),
]);
/** Words beside which `to`, `target` and the like say something else. */
const NOT_WHERE = new Set('date time range max min limit count size page offset type format mode since until'.split(' '));
/** What is said, not where to: an address inside is content. */
const PROSE = new Set([
  'body', 'text', 'content', 'contents', 'message', 'messages', 'subject', 'title', 'description', 'query', 'prompt', 'comment', 'summary', 'note', 'notes',
  'html', 'markdown', 'code',
]);
const FORMATS = new Set(['email', 'idn-email', 'uri', 'iri', 'uri-reference', 'iri-reference', 'url', 'hostname', 'idn-hostname', 'ipv4', 'ipv6']);

/** The destinations among the arguments: by what is declared, else by names, formats and the shapes of values. */
export function aimsOf(leaves: readonly Leaf[], { declared, effect, schema }: AimRules): readonly Aim[] {
  return leaves.flatMap((leaf): readonly Aim[] => {
    const words = wordsOf(leaf.name);
    const isPlace = words.some((word) => PLACES.has(word));
    if (declared !== undefined) return declared.some((one) => names(one, leaf)) ? partsOf(leaf, isPlace) : [];
    const isNamed = words.some((word) => NAMES.has(word)) && !words.some((word) => NOT_WHERE.has(word));
    if (isNamed || FORMATS.has(formatAt(schema, leaf.at))) return partsOf(leaf, isPlace);
    // What runs goes where its text says.
    if (effect === 'execute') return namedIn(leaf);
    const isProse = words.some((word) => PROSE.has(word));
    return !isProse && isAddress(leaf.text) ? partsOf(leaf, isPlace) : [];
  });
}

function names(declared: string, { at, name }: Leaf): boolean {
  return declared.startsWith('/') ? at === declared || at.startsWith(`${declared}/`) : name === declared;
}

function isAddress(text: string): boolean {
  const value = text.trim();
  return !/\s/.test(value) && (isMail(value) || isUrl(value) || isPath(value)) || isIban(value);
}

/** Several recipients in one string are several destinations: each address, and each part without one. */
function partsOf({ at, text }: Leaf, isPlace: boolean): readonly Aim[] {
  const aim = (value: string): Aim => ({ at, value, isPath: isPlace });
  if (text.trim() === '') return [];
  if (isUrl(text.trim()) || !/[@,;\n]/.test(text)) return [aim(text)];
  return text.split(/[,;\n]/).filter((part) => part.trim() !== '').flatMap((part) => {
    const addresses = part.split(/[\s<>"'()[\]]+/).filter((word) => word.includes('@') && word.length > 1);
    return addresses.length > 0 ? addresses.map(aim) : [aim(part)];
  });
}

function namedIn({ at, text }: Leaf): readonly Aim[] {
  return tokensOf(text).flatMap((token): readonly Aim[] => {
    const value = token.replace(/^[-\w]*=/, '');
    if (isUrl(value) || isMail(value)) return [{ at, value, isPath: false }];
    return isPath(value) ? [{ at, value, isPath: true }] : [];
  });
}

function wordsOf(name: string): readonly string[] {
  return name.replace(/(\p{Ll}|\d)(\p{Lu})/gu, '$1 $2').toLowerCase().match(/[\p{L}]+/gu) ?? [];
}

/** The `format` that the schema gives the place; properties and items only: no references are followed. */
function formatAt(schema: Json | undefined, pointer: string): string {
  let here = schema;
  for (const step of pointer.split('/').slice(1)) {
    if (!isObject(here)) return '';
    const { properties, items } = here;
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    here = isObject(properties) && Object.hasOwn(properties, name) ? properties[name] : isArray(items) ? items[0] : items;
  }
  const format = isObject(here) ? here['format'] : undefined;
  return typeof format === 'string' ? format : '';
}
