import type { Json, JsonObject } from '../../domain/json.ts';
import { isArray, isObject } from '../../domain/json.ts';
import { redact } from '../../domain/redacted.ts';
import { SECRET_REFERENCE } from '../../domain/server.ts';

/** One place of a row that is another afterwards. Null: it is not there. */
export interface Leaf {
  readonly path: string;
  readonly before: Json;
  readonly after: Json;
}

/** What differs, by path; members of lists one by one: their order says nothing. */
export function leavesBetween(before: Json, after: Json, path = ''): readonly Leaf[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (isObject(before) && isObject(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names.flatMap((name) => leavesBetween(before[name] ?? null, after[name] ?? null, path === '' ? name : `${path}.${name}`));
  }
  if (isArray(before) && isArray(after)) {
    const [old, now] = [before, after].map((list) => list.map((item) => JSON.stringify(item)));
    return [
      ...before.filter((item) => !(now ?? []).includes(JSON.stringify(item))).map((item) => ({ path, before: item, after: null })),
      ...after.filter((item) => !(old ?? []).includes(JSON.stringify(item))).map((item) => ({ path, before: null, after: item })),
    ];
  }
  return [{ path, before, after }];
}

const HIDDEN = '[…]';
/** Names of what is a secret, or lets one be guessed. */
const SECRET = /(?:^|\.)(?:hash|salt|password\w*|passphrase|secret\w*|token|value|apiKey|authorization)$/i;
/** What a process or an upstream is given: often a secret that nobody called one. */
const GIVEN = /(?:^|\.)(?:env|headers|secretFiles)\./;
const FLAG = /^--?[\w-]*(?:secret|passw|token|key|auth|credential)[\w-]*$/i;
const TEXT_CHARS_MAX = 4_000;
/** Of what is the same before a difference. */
const CONTEXT_CHARS = 200;

/** A value as people may see it: references to secrets as they are, secrets never. */
export function shownAt(path: string, value: Json): Json {
  if (typeof value === 'string') return clip(textAt(path, value));
  if (isArray(value)) return hideAfterFlags(value).map((item) => shownAt(path, item));
  if (!isObject(value)) return value;
  const members: JsonObject = value;
  return Object.fromEntries(Object.entries(members).map(([name, member]) => [name, shownAt(`${path}.${name}`, member)]));
}

/** Two values of one place. Of long texts the part in which they differ: what stands beyond the end of what is shown would be hidden. */
export function shownPair(path: string, before: Json, after: Json): readonly [Json, Json] {
  const texts = [before, after].map((value) => (typeof value === 'string' ? textAt(path, value) : undefined));
  const [old, now] = texts;
  if (old === undefined || now === undefined || Math.max(old.length, now.length) <= TEXT_CHARS_MAX) return [shownAt(path, before), shownAt(path, after)];
  let same = 0;
  while (same < old.length && old[same] === now[same]) same += 1;
  const from = Math.max(0, same - CONTEXT_CHARS);
  const cut = (text: string): string => `${from === 0 ? '' : `${HIDDEN} `}${clip(text.slice(from))}`;
  return [cut(old), cut(now)];
}

/** Arguments of a command: what follows `--token` is one. */
function hideAfterFlags(list: readonly Json[]): readonly Json[] {
  return list.map((item, index) => {
    const flag = list[index - 1];
    return typeof flag === 'string' && FLAG.test(flag) && typeof item === 'string' && !SECRET_REFERENCE.test(item) ? HIDDEN : item;
  });
}

/** What is left out is never left out unsaid. */
function clip(text: string): string {
  return text.length > TEXT_CHARS_MAX ? `${text.slice(0, TEXT_CHARS_MAX)} ${HIDDEN}` : text;
}

function textAt(path: string, text: string): string {
  if (SECRET_REFERENCE.test(text)) return text;
  return SECRET.test(path) || GIVEN.test(path) ? HIDDEN : text.split('\n').map((line) => redact(line)).join('\n');
}
