import { isArray, isObject, type Json } from '../../domain/json.ts';

/** One leaf of a message: a string, or a number as text. `name` is the nearest property name above it. */
export interface Leaf {
  /** RFC 6901. */
  readonly at: string;
  readonly name: string;
  readonly text: string;
  /** It is the name of a property, where a value may be its name. */
  readonly isKey?: true;
}

const PLAIN_NAME = /^[A-Za-z_$][\w$.-]{0,31}$/;
/** JSON inside strings is looked into, so deep. */
const NESTED_MAX = 2;

/**
 * The strings and numbers of a JSON value in reading order, names that can hold a value among them; JSON inside a string is
 * taken apart. `isKnown`: the properties that a schema has; the names of all others may be values, however plain they look. Undefined:
 * they hold more than `charsMax` units.
 */
export function leavesOf(json: Json, charsMax: number, isKnown: (at: string) => boolean = () => true): readonly Leaf[] | undefined {
  const leaves: Leaf[] = [];
  let left = charsMax;
  const add = (at: string, name: string, text: string, isKey = false): void => {
    leaves.push({ at, name, text, ...(isKey ? { isKey } : {}) });
    left -= text.length + 8;
  };
  const visit = (value: Json, at: string, name: string, nested: number): void => {
    if (left < 0) return;
    if (typeof value === 'string') {
      const inner = nested < NESTED_MAX ? jsonIn(value) : undefined;
      if (inner === undefined) add(at, name, value);
      else visit(inner, at, name, nested + 1);
    } else if (typeof value === 'number') add(at, name, String(value));
    else if (isArray(value)) for (const [index, item] of value.entries()) visit(item, `${at}/${index}`, name, nested);
    else if (isObject(value)) {
      for (const [key, item] of Object.entries(value)) {
        const below = `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
        if (!PLAIN_NAME.test(key)) add(below, name, key);
        else if (!isKnown(below)) add(below, name, key, true);
        visit(item, below, key, nested);
      }
    } else if (JSON.isRawJSON(value)) add(at, name, value.rawJSON);
  };
  visit(json, '', '', 0);
  return left < 0 ? undefined : leaves;
}

function jsonIn(text: string): Json | undefined {
  const trimmed = text.trimStart();
  if (!trimmed.startsWith('{') && !trimmed.startsWith('[')) return undefined;
  try {
    const value: Json = JSON.parse(text);
    return typeof value === 'object' ? value : undefined;
  } catch {
    return undefined;
  }
}

const TOKEN = /[^\s"'`<>()[\]{},;|]+/g;
const TOKEN_LENGTH_MAX = 512;

/** What people write with spaces in it, and is one: accounts (IBAN) in groups of four, telephone numbers with a country. */
const SPACED = /\b[A-Z]{2}\d{2}(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,4})?\b|\+\d{1,3}(?:[ \-/]\(?\d{1,8}\)?){1,6}/g;

/** The parts of a text that name something: addresses, URLs, paths, numbers, accounts, ids. */
export function tokensOf(text: string): readonly string[] {
  const found: string[] = [];
  for (const [run] of text.matchAll(TOKEN)) {
    if (run.length < 5 || run.length > TOKEN_LENGTH_MAX) continue;
    const token = run.replace(/[.:!?*_]+$/, '');
    if (isNotable(token)) found.push(token);
  }
  for (const [run] of text.matchAll(SPACED)) found.push(run);
  return found;
}

const INSIDE = /[=&?/:#]+/;
const INSIDE_LENGTH_MIN = 8;

/** What stands inside a token between the signs of URLs and assignments, and is nobody's word: keys, codes, ids. */
export function insideOf(token: string): readonly string[] {
  if (!INSIDE.test(token)) return [];
  return token.split(INSIDE).filter((part) => part.length >= INSIDE_LENGTH_MIN && part !== token && /\d/.test(part) && /\p{L}/u.test(part));
}

/** Whether a word is no ordinary one: it can be told where it comes from. */
function isNotable(word: string): boolean {
  if (word.length >= 24) return true;
  if (/[@/\\#]|:\S|\w\.\w/.test(word)) return word.length >= 5;
  return word.length >= 6 && /\d/.test(word);
}

/** Whether a whole value is distinctive enough to say, when it is met again, that it comes from where it was seen. */
export function isDistinctive(text: string, loose: string): boolean {
  if (isNotable(text)) return loose.length >= 5;
  return loose.length >= 16 || (loose.length >= 10 && /\s/.test(text.trim()));
}
