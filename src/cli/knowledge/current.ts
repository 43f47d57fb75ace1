import { knowledgeOf, shippedTables } from '../../knowledge/table.ts';
import type { Knowledge } from '../../knowledge/table.ts';

/** What ships. */
export function currentKnowledge(): Knowledge {
  return knowledgeOf(shippedTables());
}
