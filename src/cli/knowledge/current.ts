import { SallyportError } from '../../domain/errors.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import { TABLES } from '../../knowledge/shape.ts';
import type { Tables } from '../../knowledge/shape.ts';
import { knowledgeOf, shippedTables } from '../../knowledge/table.ts';
import type { Knowledge } from '../../knowledge/table.ts';
import type { Client } from '../client.ts';

/** Nobody here may ask a gate, or there is none: what ships is known all the same. */
const WITHOUT: ReadonlySet<ErrorCode> = new Set(['ERR_NOT_RUNNING', 'ERR_ADMIN_TOKEN', 'ERR_ADMIN_FORBIDDEN', 'ERR_SIGN_IN', 'ERR_ROUTE_UNKNOWN']);

export interface KnownTables {
  readonly tables: Tables;
  readonly from: 'gate' | 'program';
}

/** What the gate that is set up here knows, which may be newer than what ships with this program; without a gate that answers, what ships. */
export async function currentTables(client: Client): Promise<KnownTables> {
  try {
    return { tables: TABLES.parse(await client.get('/knowledge')), from: 'gate' };
  } catch (error) {
    if (error instanceof SallyportError && WITHOUT.has(error.code)) return { tables: shippedTables(), from: 'program' };
    throw error;
  }
}

/** The same, as it is asked. */
export async function currentKnowledge(client: Client): Promise<Knowledge> {
  return knowledgeOf((await currentTables(client)).tables);
}
