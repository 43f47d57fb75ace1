import canonicalize from 'canonicalize';
import { SallyportError } from '../domain/errors.ts';
import { isArray, isObject } from '../domain/json.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import type { Pin, PinKind, Surface } from '../domain/server.ts';

/**
 * SHA-256 (hex) of the canonical form (RFC 8785) of a JSON value. Every field counts: what is left out of a digest can be
 * changed without anyone noticing. Throws `ERR_SURFACE_INVALID` for text that is not well-formed Unicode.
 */
export function digestOf(json: Json): string {
  return new Bun.CryptoHasher('sha256').update(canonicalText(json)).digest('hex');
}

/**
 * The text that a digest is taken of. RFC 8785 knows doubles only; a number that no double can hold (`RawNumber`) is taken
 * out, replaced by null, and written as exact decimal beside its place after a first line that no JSON text can start with.
 */
export function canonicalText(json: Json): string {
  const numbers: (readonly [string, string])[] = [];
  const plain = withoutRawNumbers(json, '', numbers);
  const text = serialise(plain);
  if (numbers.length === 0) return text;
  return `#exact-numbers\n${serialise(numbers)}\n${text}`;
}

function serialise(json: Json): string {
  try {
    const text = canonicalize(json);
    if (text !== undefined) return text;
  } catch (cause) {
    throw notCanonical(cause);
  }
  throw notCanonical(undefined);
}

function notCanonical(cause: unknown): SallyportError {
  return new SallyportError('ERR_SURFACE_INVALID', 'a value has no canonical form: it holds text that is not well-formed Unicode', {
    remedy: 'ask the owner of the server to send valid UTF-8 without lone surrogates',
    cause,
  });
}

function withoutRawNumbers(json: Json, at: string, numbers: (readonly [string, string])[]): Json {
  if (typeof json !== 'object' || json === null) return json;
  if (isArray(json)) return json.map((item, index) => withoutRawNumbers(item, `${at}/${index}`, numbers));
  if (isObject(json)) {
    const within = (key: string, value: Json): Json => withoutRawNumbers(value, `${at}/${escapePointer(key)}`, numbers);
    return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, within(key, value)]));
  }
  const lexeme = JSON.stringify(json);
  const exact = exactDecimal(lexeme);
  const double = Number(lexeme);
  if (Number.isFinite(double) && exactDecimal(String(double)) === exact) return double;
  numbers.push([at, exact]);
  return null;
}

function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** One spelling for each decimal value: `1.50e3` and `1500` are both `15e2`. */
function exactDecimal(lexeme: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(lexeme);
  if (!match) return lexeme;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0e0';
  return `${sign}${significant}e${BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length)}`;
}

/** A pin of one definition as the server gave it. */
export function pinOf(kind: PinKind, name: string, definition: JsonObject): Pin {
  return { kind, name, digest: digestOf(definition), definition };
}

/** All pins of a surface, in the order in which a baseline's digest takes them: kind, then name by code unit. */
export function pinsOf(surface: Surface): readonly Pin[] {
  const instructions = surface.instructions ? [surface.instructions] : [];
  return [...instructions, ...byName(surface.pages ?? []), ...byName(surface.prompts), ...byName(surface.templates), ...byName(surface.tools)];
}

function byName(pins: readonly Pin[]): readonly Pin[] {
  return [...pins].sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
}

/** The digest of everything that a person approves of a server. Effects and labels are ours and stand outside. */
export function digestOfSurface(surface: Surface): string {
  return digestOf(pinsOf(surface).map((pin) => [pin.kind, pin.name, pin.digest]));
}
