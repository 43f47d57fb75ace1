import { SallyportError } from '../../domain/errors.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import { isObject } from '../../domain/json.ts';
import { TABLES } from '../../knowledge/shape.ts';
import type { Tables } from '../../knowledge/shape.ts';
import { knowledgeOf, shippedTables } from '../../knowledge/table.ts';
import type { Knowledge } from '../../knowledge/table.ts';
import type { Client } from '../client.ts';
import { part } from '../json-view.ts';

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

/** The same with what detectors are made of, which is large: absent where that is what ships. */
export async function wholeTables(client: Client): Promise<KnownTables> {
  const known = await currentTables(client);
  if (known.from === 'program') return known;
  const detection = part(await client.get('/knowledge/detection'), 'detection');
  return isObject(detection) ? { ...known, tables: { ...known.tables, detection } } : known;
}

/** The same, as it is asked. */
export async function currentKnowledge(client: Client): Promise<Knowledge> {
  return knowledgeOf((await currentTables(client)).tables);
}
