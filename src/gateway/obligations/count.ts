import type { Rate } from '../../policy/obligations.ts';
import type { Objection } from '../enforce.ts';

/** One counter that a call adds to, if there is room. */
export interface Count {
  readonly key: string;
  readonly rate: Rate;
  /** How much it adds; absent: one. */
  readonly times?: number;
  /** Where there is no room, the flow context is frozen, for this reason. */
  readonly freezes?: string;
}

/** The key of a counter: it starts with the space, and what is counted together, which callers partly choose, is its digest. */
export function countedAs(space: string, together: readonly string[]): string {
  return `${space}/count/${new Bun.CryptoHasher('sha256').update(JSON.stringify(together)).digest('base64url')}`;
}

/** Control compiles no gate with a value like this; whatever it is, it is not met. */
export const UNREADABLE: Objection = {
  code: 'ERR_OBLIGATION_UNKNOWN', reason: 'A gate of a policy can\'t be read here.', remedy: 'Ask the owner of the policy.',
};
