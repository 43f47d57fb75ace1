import type { Exchange } from '../../domain/exchange.ts';
import { isArray, isObject, type Json } from '../../domain/json.ts';
import { readBulk } from '../../policy/obligations.ts';
import type { Objection } from '../enforce.ts';

/** `bulk:100`: no list anywhere in the arguments, nor in what a dispatcher is given, has more items. It consumes nothing. */
export function checkBulk(value: string, { call, dispatchers = [] }: Exchange): Objection | undefined {
  const max = readBulk(value);
  const given = [call, ...dispatchers].map((one) => longest(one.arguments ?? null));
  if (max !== undefined && Math.max(...given) <= max) return undefined;
  return {
    code: 'ERR_LIMIT_BULK',
    reason: `This call asks for more at once than policy allows: ${max ?? 0} items.`,
    remedy: `Ask for at most ${max ?? 0} at a time.`,
    ...(max === undefined ? {} : { data: { itemsMax: max } }),
  };
}

/** The most items that a list has, at any depth; depth is bounded where messages are decoded. */
function longest(value: Json): number {
  if (isArray(value)) return Math.max(value.length, longestOf(value));
  return isObject(value) ? longestOf(Object.values(value).filter((inner) => inner !== undefined)) : 0;
}

function longestOf(values: readonly Json[]): number {
  return values.reduce<number>((most, value) => Math.max(most, longest(value)), 0);
}
