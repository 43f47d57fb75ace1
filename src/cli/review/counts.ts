import type { Json } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import { number } from '../json-view.ts';
import { table } from '../terminal.ts';

/** How many of what, most first. */
export function countsOf(counts: Json | undefined): string {
  const rows = isObject(counts) ? Object.entries(counts).map(([name, count]) => [name, number(count)] as const) : [];
  return table(['', ''], rows.toSorted(([, one], [, other]) => other - one).map(([name, count]) => [name, String(count)]));
}
