import Table from 'cli-table3';

/**
 * Text that a server, file or person wrote, made safe for a terminal: control characters (escape sequences rewrite what
 * the administrator sees), bidirectional overrides, and invisible characters (zero width, tags) are shown as `\u{…}`.
 * Line breaks and tabs stay only with `lines`.
 */
export function plain(text: string, lines = false): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) =>
    lines && (character === '\n' || character === '\t') ? character : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

const BORDERS = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };

/** A table without colour; every cell is made safe here, so that no command can forget it. Long lines are folded, never cut. */
export function table(head: readonly string[], rows: readonly (readonly (string | number | undefined)[])[]): string {
  if (rows.length === 0) return '(none)\n';
  const grid = new Table({ head: [...head], style: { head: [], border: [] }, chars: BORDERS });
  for (const row of rows) grid.push(row.map((cell) => plain(String(cell ?? ''), true).split('\n').map(fold).join('\n')));
  return `${grid.toString()}\n`;
}

/** At spaces where there are any, else anywhere. */
function fold(line: string): string {
  return line.length <= 72 ? line : (line.match(/.{1,71}(?:\s|$)|.{1,72}/gu) ?? []).join('\n');
}

/** UTC to the second, for people; machines get epoch ms. */
export function time(at: number): string {
  return new Date(at).toISOString().replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
}

const UNITS = [['d', 86_400_000], ['h', 3_600_000], ['min', 60_000], ['s', 1000]] as const;

/** `3 h`, `20 s`; negative is `expired`. */
export function span(ms: number): string {
  if (ms < 0) return 'expired';
  for (const [name, size] of UNITS) if (ms >= size) return `${Math.floor(ms / size)} ${name}`;
  return `${Math.round(ms)} ms`;
}

/** `30s`, `20min`, `24h`, `14d` → ms; undefined if it is none of these. */
export function readSpan(text: string): number | undefined {
  const match = /^(\d{1,9})\s*(s|m|min|h|d)$/.exec(text);
  if (match === null) return undefined;
  const unit = match[2] === 'm' ? 'min' : match[2];
  const size = UNITS.find(([name]) => name === unit)?.[1];
  return size === undefined ? undefined : Number(match[1]) * size;
}
