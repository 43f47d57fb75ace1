import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';

const PREFIX = '=?base64?';
const SUFFIX = '?=';
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
// Visible ASCII, with inner spaces: what every HTTP implementation passes unchanged. A comma could be taken for a joint.
const SAFE = /^[!-+\--~](?:[ -+\--~]*[!-+\--~])?$/;
const FIELD = /^[\t -~]*$/;

/** A mirrored header's value as text (2026-07-28 transports): decodes `=?base64?…?=`. Throws ERR_HEADER_ENCODING. */
export function decodeSentinel(header: string, value: string): string {
  if (value.length > LIMITS.mirroredHeaderBytesMax) throw invalid(header, `is longer than ${LIMITS.mirroredHeaderBytesMax} bytes`);
  const trimmed = value.replace(/^[ \t]+/, '').trimEnd();
  if (!FIELD.test(trimmed)) throw invalid(header, 'has characters outside ASCII');
  if (!isSentinel(trimmed)) return trimmed;
  const encoded = trimmed.slice(PREFIX.length, -SUFFIX.length);
  if (!BASE64.test(encoded)) throw invalid(header, 'is not canonical base64');
  const bytes = Buffer.from(encoded, 'base64');
  // Other bits in the last character would make two spellings of one value.
  if (bytes.toString('base64') !== encoded) throw invalid(header, 'is not canonical base64');
  try {
    return UTF8.decode(bytes);
  } catch (cause) {
    throw invalid(header, 'is not UTF-8', cause);
  }
}

/** The header value for a text: as it is where that is safe, otherwise as `=?base64?…?=`. */
export function encodeSentinel(text: string): string {
  return SAFE.test(text) && !isSentinel(text) ? text : `${PREFIX}${Buffer.from(text, 'utf8').toString('base64')}${SUFFIX}`;
}

function isSentinel(value: string): boolean {
  return value.length >= PREFIX.length + SUFFIX.length && value.startsWith(PREFIX) && value.endsWith(SUFFIX);
}

function invalid(header: string, problem: string, cause?: unknown): SallyportError {
  return new SallyportError('ERR_HEADER_ENCODING', `Header ${header} ${problem}`, { data: { mismatch: { header } }, cause });
}
