import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { listResponse } from './describe.ts';
import { ScimFault } from './fault.ts';

/** One page of a list (RFC 7644 section 3.4.2.4): `startIndex` counts from 1, and anything below it is 1; `count` is limited. */
export function pageOf<T>(items: readonly T[], query: URLSearchParams, present: (item: T) => Json): JsonObject {
  const start = Math.max(1, numberOf(query.get('startIndex'), 1));
  const count = Math.min(LIMITS.scimPageMax, Math.max(0, numberOf(query.get('count'), LIMITS.scimPageMax)));
  return listResponse(items.slice(start - 1, start - 1 + count).map(present), items.length, start);
}

function numberOf(text: string | null, otherwise: number): number {
  if (text === null) return otherwise;
  if (!/^-?\d{1,9}$/.test(text)) throw new ScimFault(400, '`startIndex` and `count` are whole numbers.', 'invalidValue');
  return Number(text);
}
