/** Text that is HTML already. Made by `html` alone, so that whatever else stands in a page was escaped. */
export interface Html {
  readonly [markup]: string;
}
const markup = Symbol('html');

type Part = string | number | Html | readonly Html[] | undefined;

/** A template whose values are escaped unless they are HTML; good for text and for attributes in double quotes. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Html {
  return { [markup]: strings.reduce((text, next, index) => `${text}${index === 0 ? '' : write(values[index - 1])}${next}`, '') };
}

/** Markup of a library of ours, which has escaped what it took from others. */
export function raw(text: string): Html {
  return { [markup]: text };
}

export function textOf(page: Html): string {
  return page[markup];
}

function write(value: Part): string {
  if (value === undefined) return '';
  if (typeof value === 'string' || typeof value === 'number') return escaped(String(value));
  return isList(value) ? value.map((one) => one[markup]).join('') : value[markup];
}

function isList(value: Html | readonly Html[]): value is readonly Html[] {
  return Array.isArray(value);
}

/** Names come from strangers: what could turn, hide or break the text around it is shown as what it is. */
function escaped(text: string): string {
  return visible(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}

/**
 * Text of strangers inside a line of Markdown (CommonMark 0.31, GFM tables and autolinks): it is shown as it is, and never a heading,
 * link, image, table cell or HTML. One line.
 */
export function markdown(text: string): string {
  return visible(text).replaceAll(/[\\`*_{}[\]()#+!|<>~&:@$=]/g, (mark) => `\\${mark}`)
    .replace(/^\s*-/, (start) => start.replace('-', '\\-')).replace(/^\s*\d+\./, (start) => start.replace('.', '\\.'))
    .replaceAll(/www\./gi, (start) => start.replace('.', '\\.'));
}

function visible(text: string): string {
  return text.replaceAll('\n', ' ')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
