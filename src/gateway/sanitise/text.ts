import { TRAIT, traitsOf } from '../../detect/views/traits.ts';

/** What was taken out of a text, or made to do nothing; `page`: one that was held to the policy that is declared for it; `tokens`: what a model may spend. */
export type Cleaned = 'hidden' | 'links' | 'context' | 'page' | 'tokens';

/** The flags of England, Scotland, Wales and the like are spelt in tags (UTS #51). */
const FLAG_OR_TAG = /(\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{3,6}\u{e007f})|[\u{e0000}-\u{e007f}]/gu;
/** One selector picks a shape; a row of them spells bytes. */
const SELECTORS = /(?:[\ufe00-\ufe0f]|[\u{e0100}-\u{e01ef}]){2,}/gu;
const BIDI = /[\u202a-\u202e\u2066-\u2069]/g;
const ZERO_WIDTH = /[\u200b\u2060-\u2064\ufeff\u180e]|(?<=[A-Za-z0-9])[\u200c-\u200d\u00ad]+(?=[A-Za-z0-9])/g;
const CONTROL = /(?![\t\n\r\u0085])\p{Cc}/gu;
/** Sequences of terminals (ECMA-48): strings with their end, then control sequences, then two-character ones. Bounded, so linear. */
const [ESC, BEL, END] = ['\\u001b', '\\u0007', '\\u009c'];
const TERMINAL = new RegExp(
  [
    `(?:${ESC}[\\]P^_X]|[\\u0090\\u0098\\u009d-\\u009f])[^${BEL}${ESC}${END}]{0,4096}(?:${BEL}|${ESC}\\\\|${END})?`,
    `(?:${ESC}\\[|\\u009b)[0-?]{0,64}[ -/]{0,8}[@-~]?`,
    `${ESC}[ -/]{0,2}[0-~]?`,
  ].join('|'),
  'g',
);
const ODD = TRAIT.format | TRAIT.tag | TRAIT.selector | TRAIT.escape | TRAIT.control;

/** A text without what nobody sees in it and models read: tags, selector bytes, direction and width tricks, terminal sequences. */
export function withoutHidden(text: string): string {
  const traits = traitsOf(text);
  if ((traits & ODD) === 0) return text;
  let clean = text;
  if ((traits & (TRAIT.escape | TRAIT.control)) !== 0) clean = clean.replace(TERMINAL, '').replace(CONTROL, '');
  if ((traits & TRAIT.tag) !== 0) clean = clean.replace(FLAG_OR_TAG, (_, flag?: string) => flag ?? '');
  if ((traits & TRAIT.selector) !== 0) clean = clean.replace(SELECTORS, '');
  return (traits & TRAIT.format) === 0 ? clean : clean.replace(BIDI, '').replace(ZERO_WIDTH, '');
}

const LINK = /(!?)\[([^\][\n]{0,1000})\]\(\s{0,9}<?((?:[^\s()<>]|\([^\s()<>]{0,200}\)){1,4096})>?(?:\s{1,9}(?:"[^"\n]{0,1000}"|'[^'\n]{0,1000}'))?\s{0,9}\)/g;
const DEFINITION = /^( {0,3}\[[^\][\n]{1,1000}\]:\s{0,9})(<?)([a-z][a-z0-9+.-]{1,20}:[^\s<>]{1,4096})/gim;
const TAG = /<(img|iframe|object|embed|link|script|base|form|meta|svg|video|audio|source|style)\b/gi;
const ANCHOR = /(<a\s[^<>]{0,2000}?)href(\s{0,9}=)/gi;

/**
 * Markdown and HTML in which nothing loads or leads to a place that is not known: images and links say in words where they
 * led, elements that load or run are text. `isKnown` judges an absolute URL.
 */
export function withoutActive(text: string, isKnown: (url: string) => boolean): string {
  if (!text.includes('](') && !text.includes('<') && !text.includes(']:')) return text;
  return text
    .replace(LINK, (whole: string, image: string, label: string, url: string) => {
      if (isHarmless(url, isKnown)) return whole;
      return image === '' ? `${label} (${inert(url)})` : `(image: ${label === '' ? 'without words' : label}, ${inert(url)})`;
    })
    .replace(DEFINITION, (whole: string, name: string, _open: string, url: string) => (isHarmless(url, isKnown) ? whole : `${name}\`${inert(url)}\``))
    .replace(TAG, '&lt;$1')
    .replace(ANCHOR, '$1data-href$2');
}

/** Relative, or of a place that is known. */
function isHarmless(url: string, isKnown: (url: string) => boolean): boolean {
  if (url.startsWith('#')) return true;
  if (!/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(url)) return true;
  return isKnown(url.startsWith('//') ? `https:${url}` : url);
}

/** So that nothing makes a link of it again. */
function inert(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*):(?:\/\/)?/i, '$1 ').replaceAll('`', '');
}
