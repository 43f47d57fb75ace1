import type { Happening } from '../domain/happening.ts';
import { DEFAULT_SPACE } from '../domain/principal.ts';
import type { Refusal } from './handler.ts';

/** A refusal on the link, for the record: who it was, as far as that was proven, and what was asked. */
export function refusedOnLink({ code, role, node, verb, address }: Refusal): Happening {
  const detail = { role: role ?? '', verb: verb ?? '', ...(node === undefined ? {} : { node }), ...(address === undefined ? {} : { from: address }) };
  return { space: DEFAULT_SPACE, category: 'access', event: 'call.refused', code, address: 'link', detail };
}
