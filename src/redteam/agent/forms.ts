/**
 * The forms that one text may be written in: what a determined reader makes of it, and so what the gullible agent reads. Bounded: each
 * form is made once, of at most so much.
 */
const CHARS_MAX = 200_000;

/** The text itself first, then every form in which it reads differently. */
export function formsOf(text: string): readonly string[] {
  const whole = text.slice(0, CHARS_MAX);
  const plain = new Set([whole]);
  for (const make of FORMS) for (const form of make(whole)) if (form !== '') plain.add(form.slice(0, CHARS_MAX));
  return [...plain];
}

const FORMS: readonly ((text: string) => readonly string[])[] = [
  (text) => [tagged(text)],
  (text) => [text.normalize('NFKC').replaceAll(/[\p{Cf}\u{fe00}-\u{fe0f}\u{e0100}-\u{e01ef}]/gu, '')],
  (text) => [...text.matchAll(BASE64)].map(([found]) => readable(Buffer.from(found, 'base64'))),
  (text) => [...text.matchAll(/(?:[0-9a-f]{2}){16,}/gi)].map(([found]) => readable(Buffer.from(found, 'hex'))),
  (text) => [Array.from(text).toReversed().join('')],
  (text) => [text.replaceAll(/[A-Za-z]/g, turned)],
  (text) => [text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))],
  (text) => [text.replaceAll(/&#x([0-9a-f]{1,6});|&#(\d{1,7});/gi, character)],
  (text) => [text.replaceAll(/&quot;/g, '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')],
  // Letter by letter, with something between them.
  (text) => [...text.matchAll(/(?:\S[ .\-_]){12,}\S/g)].map(([found]) => found.replaceAll(/(\S)[ .\-_]/g, '$1')),
];

const BASE64 = /(?:[A-Za-z0-9+/]{4}){5,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?/g;

/** Characters of the block of tags are letters that nobody sees. */
function tagged(text: string): string {
  const codes = Array.from(text, (one) => one.codePointAt(0) ?? 0).filter((code) => code > 0xe0000 && code < 0xe0080);
  return String.fromCodePoint(...codes.slice(0, TAGGED_MAX).map((code) => code - 0xe0000));
}

const TAGGED_MAX = 10_000;

function readable(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return /[\p{Cc}\ufffd]/u.test(text.replaceAll(/[\n\r\t]/g, '')) ? '' : text;
}

/** Rot13. */
function turned(letter: string): string {
  const code = letter.charCodeAt(0);
  const base = code < 97 ? 65 : 97;
  return String.fromCodePoint(((code - base + 13) % 26) + base);
}

function character(whole: string, hex: string | undefined, decimal: string | undefined): string {
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  return code > 0 && code < 0x110000 ? String.fromCodePoint(code) : whole;
}

/** Whether one of the forms of a text, or of all its letters and digits, holds another text. */
export function holds(text: string, wanted: string): boolean {
  const bare = lettersOf(wanted);
  if (bare === '') return false;
  return formsOf(text).some((form) => form.includes(wanted) || lettersOf(form).includes(bare));
}

function lettersOf(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}
