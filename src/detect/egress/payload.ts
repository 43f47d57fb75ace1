import { entropyOf } from '../secrets/entropy.ts';

const RUN_MIN = 20;
const RUN = /[A-Za-z0-9+_-]{20,}|(?:%[0-9A-Fa-f]{2}|[\w.~-]){64,}/g;
/** A placeholder that somebody is asked to fill in. */
const PLACEHOLDER = /[=/](?:\{+[^{}]{2,60}(?:\}|$)|\[[A-Z][A-Z_ ]{2,60}(?:\]|$)|<[A-Za-z][\w -]{2,60}>|%7B[^%]{2,60}%7D|\$\{?[A-Z_]{3,40}\}?)/;
const RANDOM_BITS = 4.3;
const RANDOM_CHARS = 48;
const SAID_CHARS = 160;

export type Payload = 'readable' | 'placeholder' | 'random' | 'prose';

/**
 * What a path, query or host carries besides an address: an encoded text (`readable`), a place to be filled in, a long random value
 * (which tokens of honest links are, too), or sentences. undefined: an address.
 */
export function payloadOf(rest: string): Payload | undefined {
  if (rest.length < 12) return undefined;
  if (PLACEHOLDER.test(rest)) return 'placeholder';
  let random = false;
  for (const { 0: run } of rest.matchAll(RUN)) {
    if (run.length >= RUN_MIN && decodes(run)) return 'readable';
    random ||= run.length >= RANDOM_CHARS && !/^[\d-]+$|(?<![a-z])(?:[a-z]+[-_]){4}/i.test(run) && entropyOf(run) >= RANDOM_BITS;
  }
  const query = rest.slice(rest.indexOf('?') + 1);
  if (rest.includes('?') && query.length >= SAID_CHARS && (query.match(/(?:%20|\+)[a-z]{2,}/gi)?.length ?? 0) >= 8) return 'prose';
  return random ? 'random' : undefined;
}

/** Whether a run is base64 or hexadecimal of something that people write. */
function decodes(run: string): boolean {
  if (/^[a-z_-]+$|^[A-Z_-]+$|^\d+$/.test(run)) return false;
  const hex = run.length % 2 === 0 && /^[0-9a-f]+$/i.test(run);
  return isProse(Buffer.from(run, hex ? 'hex' : /[-_]/.test(run) ? 'base64url' : 'base64'));
}

const PROSE_MIN = 12;

/** Nearly all letters, digits and everyday signs of ASCII, with more than one letter in three. */
function isProse(bytes: Uint8Array): boolean {
  if (bytes.length < PROSE_MIN) return false;
  let letters = 0;
  for (const byte of bytes) {
    if (byte > 126 || (byte < 32 && byte !== 10 && byte !== 13 && byte !== 9)) return false;
    if ((byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90) || byte === 32) letters += 1;
  }
  return letters > bytes.length / 3;
}

const LABEL_MIN = 28;

/** Whether a host carries data in its labels: long, without words, more than one of them or very long. */
export function isDnsShaped(host: string): boolean {
  if (host.length < LABEL_MIN) return false;
  const labels = host.split('.').slice(0, -2);
  const odd = labels.filter((label) => label.length >= 16 && !label.includes('-')
    && (/^[0-9a-f]+$/.test(label) || (/\d/.test(label) && entropyOf(label) > 3.4)));
  return odd.some(({ length }) => length >= LABEL_MIN) || odd.length > 1;
}
