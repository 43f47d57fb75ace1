import { plain } from '../terminal.ts';

/** One fact a line, never folded: keys and digests are there to be copied. */
export function facts(rows: readonly (readonly [name: string, value: string | number])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.map(([name, value]) => `${name.padEnd(width)}${plain(String(value))}\n`).join('');
}
