import { createFloods } from '../audit/floods.ts';
import { toRecord } from '../domain/happening.ts';
import { DEFAULT_SPACE } from '../domain/principal.ts';
import type { Journal } from '../domain/record.ts';
import type { Refusal } from '../link/handler.ts';
import { refusedOnLink } from '../link/refused.ts';

/** Records who was refused on a role's link; of a flood the counts (invariant 10). */
export interface LinkRefusals {
  readonly onRefused: (refusal: Refusal) => void;
  close(): Promise<void>;
}

/** What can't be recorded is still refused. */
export function createLinkRefusals(journal: Journal, node: string): LinkRefusals {
  const floods = createFloods(journal, { node, space: DEFAULT_SPACE });
  return {
    onRefused: (refusal) => {
      const record = toRecord({ id: Bun.randomUUIDv7(), at: Date.now(), node, exchange: '', ...refusedOnLink(refusal) });
      void floods.refuse(record).catch(() => undefined);
    },
    close: () => floods.close().catch(() => undefined),
  };
}
