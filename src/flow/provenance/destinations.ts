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

const PLACES = new Set('path paths filepath filename file files dir directory folder folders'.split(' '));
const FILES = new Set('file files document documents'.split(' '));
const NAMES = new Set([
  ...PLACES,
  ...'source destination dest dst'.split(' '),
  ...'owner username handle attendee attendees participant participants guest guests member members'.split(' '),
  ...'receiver receivers collaborator collaborators reviewer reviewers subscriber subscribers grantee creditor'.split(' '),
  ...'to cc bcc recipient recipients addressee address addresses email emails mail mailto invitee invitees'.split(' '),
  ...'url urls uri uris href link endpoint webhook callback host hosts hostname domain domains ip origin remote'.split(' '),
  ...'channel channels chat room account accounts iban payee beneficiary wallet phone msisdn target targets'.split(' '),
  ...'repo repository repositories bucket org organization project workspace assignee'.split(' '),
]);
/** Below a name that says where, what says which one. */
const WHICH = new Set('id name value key ref user login number slug uid uuid'.split(' '));
/** As the name of a property these say what its value is. */
const ORDINARY = new Set([...NAMES, ...WHICH, ...'type kind label display first last given family primary title role format'.split(' ')]);
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
    if (leaf.isKey === true && isOrdinary(leaf.text)) return [];
    if (declared !== undefined) return declared.some((one) => names(one, leaf)) ? partsOf(leaf, isPlace) : [];
    const isNamed = (saysWhere(words) || isBelow(words, leaf)) && !isWhat(words, leaf);
    if (isNamed || FORMATS.has(formatAt(schema, leaf.at))) return partsOf(leaf, isPlace);
    // What runs goes where its text says.
    if (effect === 'execute') return namedIn(leaf);
    const isProse = words.some((word) => PROSE.has(word));
    return !isProse && (isAddress(leaf.text) || isListOfAddresses(leaf.text)) ? partsOf(leaf, isPlace) : [];
  });
}

function saysWhere(words: readonly string[]): boolean {
  return words.some((word) => NAMES.has(word)) && !words.some((word) => NOT_WHERE.has(word));
}

/** Whether it says which one, below a property that says where. */
function isBelow(words: readonly string[], { at, isKey }: Leaf): boolean {
  const above = at.split('/').slice(1, -1).map(wordsOf);
  return (isKey === true || words.some((word) => WHICH.has(word))) && above.some(saysWhere);
}

function isOrdinary(key: string): boolean {
  return wordsOf(key).some((word) => ORDINARY.has(word));
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
  // What stands below is a part of it, also in JSON inside a string.
  return declared.startsWith('/') ? at === declared || at.startsWith(`${declared}/`) : name === declared || at.split('/').includes(declared);
}

function isAddress(text: string): boolean {
  const value = text.trim();
  return !/\s/.test(value) && (isMail(value) || isUrl(value) || isPath(value)) || isIban(value);
}

const DISPLAYED = /^[^<>]{0,200}<[^<>\s]{1,320}>$/;

/** Nothing but addresses, each perhaps with whose it is. */
function isListOfAddresses(text: string): boolean {
  const parts = text.split(/[,;\n]/).map((part) => part.trim()).filter((part) => part !== '');
  return parts.length > 0 && parts.every((part) => DISPLAYED.test(part) || part.split(/\s+/).every(isAddress));
}

/** Several recipients in one string are several destinations: each address, and each part without one. */
function partsOf({ at, text }: Leaf, isPlace: boolean): readonly Aim[] {
  const aim = (value: string): Aim => ({ at, value, isPath: isPlace });
  if (text.trim() === '') return [];
  if (isUrl(text.trim()) || !/[@,;\n]/.test(text)) return [aim(text)];
  return text.split(/[,;\n]/).filter((part) => part.trim() !== '').flatMap((part) => {
    const words = part.split(/[\s<>"'()[\]]+/).filter((word) => word !== '');
    if (!words.some(isWithAt)) return [aim(part)];
    // Without brackets nothing is a display name; behind them neither.
    const beside = part.slice(part.lastIndexOf('>') + 1).split(/\s+/).filter((word) => word !== '' && !isWithAt(word));
    return [...words.filter(isWithAt), ...beside].map(aim);
  });
}

function isWithAt(word: string): boolean {
  return word.includes('@') && word.length > 1;
}

function namedIn({ at, text }: Leaf): readonly Aim[] {
  const reaches = NETWORK.test(text);
  const aims = tokensOf(text).flatMap((token): readonly Aim[] => {
    const value = token.replace(/^[-\w]*=/, '');
    if (isUrl(value) || isMail(value) || ADDRESS.test(value) || (reaches && HOST.test(value))) return [{ at, value, isPath: false }];
    return isPath(value) ? [{ at, value, isPath: true }] : [];
  });
  // Where a program connects to that only the shell works out is said by nobody.
  return aims.length === 0 && CONNECTS.test(text) ? [{ at, value: text, isPath: false }] : aims;
}

/** Programs that take a host as it is. */
const NETWORK = /\b(?:nc|ncat|netcat|socat|telnet|ssh|scp|sftp|lftp|rsync|rclone|ftp|dig|host|nslookup|ping|wget|curl|aria2c|https?(?!:)|openssl|git)\b/;
/** Those of them that do nothing else. */
const CONNECTS = /(?:^|[\s;&|`(])(?:nc|ncat|netcat|socat|telnet|ssh|scp|sftp|lftp|rclone|ftp|nslookup|wget|curl|aria2c)(?:\s|$)/;
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
