import { z } from 'zod';
import { readBody } from '../audit/bodies.ts';
import type { Entry } from '../audit/entry.ts';
import type { LedgerIndex } from '../audit/index/ledger-index.ts';
import { quote } from '../audit/query/rewrite.ts';
import { SallyportError } from '../domain/errors.ts';
import { isObject, type Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { DEFAULT_SPACE } from '../domain/principal.ts';
import type { Handler } from '../link/handler.ts';

const ASK = z.strictObject({ space: z.string().min(1).max(LIMITS.nameLengthMax), question: z.string(), now: z.int(), payloads: z.boolean() });

/**
 * `ledger.payloads`: all records that match, oldest first, each with its sealed payload and the record that holds its wrapped key, for control
 * to decide them anew. One record at a time, as fast as they are taken. The last one has none: how many places could not be read.
 */
export function payloadHandlers(dir: string, opened: Promise<LedgerIndex>): Readonly<Record<string, Handler>> {
  return {
    'ledger.payloads': {
      stream: async function* payloads(body, _caller, signal) {
        const { payloads: wanted, ...ask } = read(body);
        const index = await opened;
        const keys = createKeys(index, ask.now);
        let [after, damaged]: [number | undefined, number] = [undefined, 0];
        do {
          const found = await index.search({ ...ask, order: 'oldest', limit: LIMITS.queryRecordsMax, ...(after === undefined ? {} : { after }) });
          for (const entry of found.entries) {
            if (signal.aborted) return;
            const { position, record } = entry;
            const held = entry.body !== undefined;
            yield asJson({ position, record, held, ...(wanted && held ? await sealedOf(dir, entry, keys) : {}) });
          }
          // A place at which another page begins would be counted again.
          damaged = Math.max(damaged, found.damaged);
          after = found.next;
        } while (after !== undefined);
        yield { damaged };
      },
    },
  };
}

type Keys = (entry: Entry, key: string) => Promise<Json>;

/** A record is JSON as it was read; its type only lacks the index signature. */
function asJson(value: object): Json {
  return { ...value };
}

/** `sealed: null`: its time is over. */
async function sealedOf(dir: string, entry: Entry, keys: Keys): Promise<{ readonly sealed: Json; readonly key: Json }> {
  const text = entry.body === undefined ? undefined : readBody(dir, entry.body);
  const sealed: Json = text === undefined ? null : JSON.parse(text);
  const key = isObject(sealed) ? sealed['key'] : undefined;
  return { sealed, key: typeof key === 'string' ? await keys(entry, key) : null };
}

/** The key of the process that sealed it: nobody else can put another one in its place. */
function createKeys(index: LedgerIndex, now: number): Keys {
  const known = new Map<string, Json>();
  return async ({ role, incarnation }, key) => {
    const by = JSON.stringify([role, incarnation, key]);
    const before = known.get(by);
    if (before !== undefined) return before;
    const question = `exchange = ${quote(key)} and event = key.wrapped`;
    const { entries } = await index.search({ space: DEFAULT_SPACE, question, now, order: 'oldest', limit: LIMITS.queryRecordsMax });
    const own = entries.find((one) => one.role === role && one.incarnation === incarnation);
    const found: Json = JSON.parse(JSON.stringify(own?.record.detail ?? null));
    known.set(by, found);
    return found;
  };
}

function read(body: Json): z.infer<typeof ASK> {
  const found = ASK.safeParse(body, { reportInput: false });
  if (found.success) return found.data;
  throw new SallyportError('ERR_QUERY_INVALID', 'no such field, or not of its type', { remedy: 'See docs/audit/query.md.' });
}
