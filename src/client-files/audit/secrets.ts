import { isArray, isObject } from '../../domain/json.ts';
import type { Json } from '../../domain/json.ts';
import { isReference, looksSecret } from '../../domain/secret-forms.ts';
import type { Path } from '../read/region.ts';

/** A secret in clear in what a file says of one server. **Its value lives in memory only**: it is cut out of the text by its place. */
export interface SecretAt {
  /** From the entry to the text that it stands in. */
  readonly at: Path;
  /** UTF-16 units of that text. */
  readonly start: number;
  readonly end: number;
  /** What it is called: a variable, a header, an option. */
  readonly name: string;
}

/** What detectors see in a value: parts of its texts, by their JSON pointer (RFC 6901). */
export type FindSpans = (json: Json) => readonly { readonly at: string; readonly start: number; readonly end: number }[];

/** Every secret in clear, by its form, by what detectors know, and by the name that it is given. Nothing that only refers to one. */
export function secretsIn(said: Json, findSpans: FindSpans): readonly SecretAt[] {
  const seen = new Map<string, { readonly start: number; readonly end: number }[]>();
  for (const { at, start, end } of findSpans(said)) seen.set(at, [...(seen.get(at) ?? []), { start, end }]);
  return textsIn(said, '', []).flatMap(({ at, name, text }) => {
    if (isReference(text)) return [];
    const named = namedPart(name, text);
    const parts = joined([...(seen.get(pointerOf(at)) ?? []), ...named.parts]);
    return parts.filter(({ start, end }) => !REFERENCE_WITHIN.test(text.slice(start, end))).map((part) => ({ at, ...part, name: named.name }));
  });
}

/** What a client fills in, or a launcher of ours, is no secret wherever it stands. */
const REFERENCE_WITHIN = /\$\{[\w:]+(?::-[^}]*)?\}|\{env:\w+\}|sallyport-sealed:[0-9a-f]{16}/;

interface NamedText {
  readonly at: Path;
  readonly name: string;
  readonly text: string;
}

/** Names whose values say where a secret is, and are none. */
const REFERS = /env_var$|_env$|^env_http_headers$|^header_env$|^env_keys$|^env_vars$|headersHelper/i;

function textsIn(json: Json, name: string, at: Path): readonly NamedText[] {
  if (typeof json === 'string') return [{ at, name, text: json }];
  if (isArray(json)) {
    return json.flatMap((item, index) => {
      const before = json[index - 1];
      // `--api-key VALUE`: the word before it is its name.
      return textsIn(item, typeof before === 'string' && before.startsWith('-') ? before : name, [...at, index]);
    });
  }
  if (!isObject(json)) return [];
  return Object.entries(json).flatMap(([key, value]) => (value === undefined || REFERS.test(key) ? [] : textsIn(value, key, [...at, key])));
}

interface Part {
  readonly start: number;
  readonly end: number;
}

interface Named {
  readonly name: string;
  readonly parts: readonly Part[];
}

/** `--option=value`, `Header: value`, `NAME=value`, or a value whose name stands outside. */
const INNER = /^(?:--?([\w-]+)=|([A-Za-z][\w-]*):[ \t]+|([A-Za-z_]\w*)=)/;
/** What stands before a credential in a header and is none. */
const SCHEME = /^(?:Bearer|Basic|Token|ApiKey|DPoP)\s+/i;

function namedPart(outer: string, text: string): Named {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return { name: outer, parts: partsOfUrl(text) };
  const match = INNER.exec(text);
  const name = match?.[1] ?? match?.[2] ?? match?.[3] ?? outer;
  const start = match?.[0].length ?? 0;
  const value = text.slice(start);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return { name, parts: partsOfUrl(value).map((part) => ({ start: part.start + start, end: part.end + start })) };
  // Where the client fills in a part, what is left is no whole secret by its name alone.
  if (!looksSecret(name, value) || /\$\{|\{env:/.test(value)) return { name, parts: [] };
  const scheme = SCHEME.exec(value)?.[0].length ?? 0;
  return { name, parts: [{ start: start + scheme, end: text.length }] };
}

/** The password before the host, and the values of those parameters that are called like secrets. */
function partsOfUrl(url: string): readonly Part[] {
  const password = /^[a-z][a-z0-9+.-]*:\/\/[^/\s@:?#]*:([^/\s@]+)@/id.exec(url)?.indices?.[1];
  const parameters = [...url.matchAll(/[?&]([^=&#]+)=([^&#]+)/dg)].flatMap((match) => {
    const { 1: name = '', 2: value = '', indices } = match;
    const place = indices?.[2];
    return place === undefined || isReference(value) || !(looksSecret(name, value) || /^(?:key|sig|auth)$/i.test(name)) ? [] : [place];
  });
  return [...(password === undefined || url.slice(...password).startsWith('${') ? [] : [password]), ...parameters].map(([start, end]) => ({ start, end }));
}

/** What overlaps is one. */
function joined(parts: readonly Part[]): readonly Part[] {
  const result: Part[] = [];
  for (const part of parts.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = result.at(-1);
    if (last !== undefined && part.start < last.end) result.splice(-1, 1, { start: last.start, end: Math.max(last.end, part.end) });
    else if (part.end > part.start) result.push(part);
  }
  return result;
}

/** A place as a JSON pointer (RFC 6901). */
export function pointerOf(path: Path): string {
  return path.map((name) => `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
