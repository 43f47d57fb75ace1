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

const CELL_COLUMNS_MAX = 72;
const BORDERS = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };

/** A table without colour; every cell is made safe here, so that no command can forget it. Long cells wrap. */
export function table(head: readonly string[], rows: readonly (readonly (string | number | undefined)[])[]): string {
  if (rows.length === 0) return '(none)\n';
  const cells = rows.map((row) => row.map((cell) => plain(String(cell ?? ''), true)));
  const widths = head.map((title, at) => Math.min(CELL_COLUMNS_MAX, Math.max(...[title, ...cells.map((row) => row[at] ?? '')].map(columnsOf))) + 2);
  const grid = new Table({ head: [...head], colWidths: widths, wordWrap: true, wrapOnWordBoundary: false, style: { head: [], border: [] }, chars: BORDERS });
  grid.push(...cells);
  return `${grid.toString()}\n`;
}

function columnsOf(text: string): number {
  return Math.max(...text.split('\n').map((line) => Bun.stringWidth(line)));
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
