import foldings from 'unhomoglyph/data.json' with { type: 'json' };

/** UTS #39 skeletons to ASCII, from `unhomoglyph`; ASCII stays itself. */
const FOLDED: ReadonlyMap<string, string> = new Map(
  Object.entries(foldings).filter(([one, folded]) => (one.codePointAt(0) ?? 0) > 0x7f && /^[\x20-\x7e]+$/.test(folded)),
);
const NOT_ASCII = /[^\0-\x7f]/;
const NO_LETTER = /[^\p{L}\p{N}]+/gu;

/**
 * A text as loosely as it can be taken and still be the same text: case, width, spacing, punctuation, accents on their own,
 * look-alikes and what draws nothing make no difference. What is suspected is compared by it; what is trusted never is.
 */
export function looseForm(text: string): string {
  if (!NOT_ASCII.test(text)) return text.toLowerCase().replace(/[^a-z0-9]+/g, '');
  let folded = '';
  for (const character of text.normalize('NFKC')) folded += FOLDED.get(character) ?? character;
  return folded.normalize('NFKD').replace(NO_LETTER, '').toLowerCase();
}

const PERCENT = /%[0-9a-f]{2}/i;
const ENCODED = /[A-Za-z0-9+/_-]{12,}={0,2}/g;
const HEX = /^(?:[0-9a-f]{2}){6,}$/i;
const ESCAPES = /\\u([0-9a-f]{4})|\\x([0-9a-f]{2})|&#(\d{1,7});|&#x([0-9a-f]{1,6});/gi;
const UTF8 = new TextDecoder('utf-8', { fatal: true });
/** How often what was decoded is decoded again. */
const DEPTH_MAX = 2;
const READINGS_MAX = 24;

/** The text, and what it says once percent-encoding, escapes, base64 or hexadecimal digits are undone, two deep. */
export function readingsOf(text: string): readonly string[] {
  const all = new Set([text]);
  let last: readonly string[] = [text];
  for (let depth = 0; depth < DEPTH_MAX && last.length > 0; depth += 1) {
    const found = [...new Set(last.flatMap(decoded))].filter((one) => one !== '' && !all.has(one));
    const apart = Math.max(0, READINGS_MAX - all.size);
    // What is more than is read each by itself is read as one: nobody hides a text behind many others.
    last = found.length <= apart ? found : [...found.slice(0, apart), found.slice(apart).join('\n')];
    for (const one of last) all.add(one);
  }
  return [...all];
}

function decoded(text: string): readonly string[] {
  const found: string[] = [];
  if (PERCENT.test(text)) found.push(unpercent(text));
  if (text.includes('\\') || text.includes('&#')) found.push(text.replace(ESCAPES, unescaped));
  if (text.length >= 12) for (const [run] of text.matchAll(ENCODED)) found.push(...unpacked(run),
    ...(run.includes('/') ? run.split('/').filter((part) => part.length >= 12).flatMap(unpacked) : []));
  return found;
}

function unpercent(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString());
}

function unescaped(_run: string, unit?: string, byte?: string, decimal?: string, hexadecimal?: string): string {
  const point = decimal === undefined ? Number.parseInt(unit ?? byte ?? hexadecimal ?? '0', 16) : Number(decimal);
  return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : '';
}

/** What is no text once it is decoded was no encoding. */
function unpacked(run: string): readonly string[] {
  const bytes = HEX.test(run) ? Buffer.from(run, 'hex') : /^[a-z]+$|^[A-Z]+$|^\d+$/.test(run) ? undefined : Buffer.from(run, 'base64');
  if (bytes === undefined || bytes.length < 6) return [];
  try {
    const text = UTF8.decode(bytes);
    // oxlint-disable-next-line no-control-regex -- control characters are what tells bytes from text
    return /[\0-\x08\x0e-\x1f\x7f]/.test(text) ? [] : [text];
  } catch {
    return [];
  }
}
