import { CATEGORIES } from '../../domain/server.ts';
import type { Row } from '../query/row.ts';

export function textOf(value: Row[keyof Row]): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function numberOf(value: Row[keyof Row]): number {
  return typeof value === 'number' ? value : 0;
}

/** Categories of data as bits, in their order. */
export function labelBits({ label }: Row): number {
  let bits = 0;
  for (const one of typeof label === 'object' ? label : []) bits |= 1 << Math.max(0, CATEGORIES.findIndex((known) => known === one));
  return bits;
}

export function categoriesOf(bits: number): readonly string[] {
  return CATEGORIES.filter((_, bit) => (bits & (1 << bit)) !== 0);
}
