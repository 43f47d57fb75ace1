import { readTokens } from './tokens.ts';

/** A value as a filter takes it, whatever is in it. */
export function quote(value: string): string {
  return `"${value.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** A question that was parsed, with other values in place of some. Only values are looked at; words in quotations stay in them. */
export function renamed(question: string, names: ReadonlyMap<string, string>): string {
  if (names.size === 0) return question;
  return readTokens(question).map(({ kind, text }) => {
    const name = kind === 'word' || kind === 'quoted' ? names.get(text) : undefined;
    return name !== undefined || kind === 'quoted' ? quote(name ?? text) : text;
  }).join(' ').trim();
}

/** A question that was parsed, of those records alone for which the conditions hold, too. */
export function narrowed(question: string, conditions: readonly string[]): string {
  const tokens = readTokens(question);
  const isCount = (at: number): boolean => tokens[at]?.kind === 'word' && tokens[at].text.toLowerCase() === 'count'
    && tokens[at + 1]?.text.toLowerCase() === 'by';
  const at = tokens.findLastIndex((_, index) => isCount(index));
  const cut = at < 0 ? question.length : (tokens[at]?.column ?? 1) - 1;
  const filter = question.slice(0, cut).trim();
  const parts = [...(filter === '' ? [] : [conditions.length === 0 ? filter : `(${filter})`]), ...conditions];
  return `${parts.join(' and ')} ${question.slice(cut)}`.trim();
}
