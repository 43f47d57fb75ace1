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
const FILES = new Set('file files document documents'.split(' '));
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
    const isNamed = words.some((word) => NAMES.has(word)) && !words.some((word) => NOT_WHERE.has(word)) && !isWhat(words, leaf);
    if (isNamed || FORMATS.has(formatAt(schema, leaf.at))) return partsOf(leaf, isPlace);
    // What runs goes where its text says.
    if (effect === 'execute') return namedIn(leaf);
    const isProse = words.some((word) => PROSE.has(word));
    return !isProse && isAddress(leaf.text) ? partsOf(leaf, isPlace) : [];
  });
}

/** Whether a tool has a place for a destination, as far as its schema or an administrator says. */
export function namesDestination(schema: Json | undefined, declared: readonly string[] | undefined): boolean {
  if (declared !== undefined) return declared.length > 0;
  const properties = isObject(schema) ? schema['properties'] : undefined;
  const leaves = Object.keys(isObject(properties) ? properties : {}).map((name): Leaf => (
    { at: `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, name, text: 'x' }
  ));
  return aimsOf(leaves, schema === undefined ? {} : { schema }).length > 0;
}

/** The id of a file says what is meant; where it is, a path would say. */
function isWhat(words: readonly string[], { text }: Leaf): boolean {
  return words.includes('id') && words.some((word) => FILES.has(word)) && !isPath(text) && !isUrl(text);
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
  const reaches = NETWORK.test(text);
  return tokensOf(text).flatMap((token): readonly Aim[] => {
    const value = token.replace(/^[-\w]*=/, '');
    if (isUrl(value) || isMail(value) || ADDRESS.test(value) || (reaches && HOST.test(value))) return [{ at, value, isPath: false }];
    return isPath(value) ? [{ at, value, isPath: true }] : [];
  });
}

/** Programs that take a host as it is. */
const NETWORK = /\b(?:nc|ncat|netcat|socat|telnet|ssh|scp|sftp|rsync|ftp|dig|host|nslookup|ping|wget|curl|openssl|git)\b/;
/** A number of a machine, perhaps with a port; what stands at a machine for a user. */
const ADDRESS = /^(?:[\w.-]+@)?\d{1,3}(?:\.\d{1,3}){3}(?::\S*)?$|^[\w.-]+@[\w.-]+:\S*$/;
const HOST = /^[a-z\d-]+(?:\.[a-z\d-]+)*\.[a-z]{2,}(?::\S*)?$/i;

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
