import { assembleBundle, type BundledRecord } from '../../audit/bundle/assemble.ts';
import { narrowed, quote } from '../../audit/query/rewrite.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Control } from '../control.ts';
import type { Admin } from '../route.ts';
import { gatherOthers, type Disguise } from './bundle-others.ts';
import { timesOf } from './times.ts';
import { viewFor } from './people.ts';
import type { Proven } from './reader.ts';

export interface BundleScope {
  readonly incident?: string;
  readonly contexts: readonly string[];
  readonly exchanges: readonly string[];
  /** Epoch ms: `since` inclusive, `until` exclusive. */
  readonly since?: number;
  readonly until?: number;
}

/** Whose eyes it is for. `reveal`: people by name, and records as they were written; for who had names revealed. */
export interface BundleFor {
  readonly admin: Admin;
  readonly space: string;
  readonly reveal: boolean;
}

/**
 * The files of an evidence bundle, with `also` beside them, which names nobody. On record before they are handed out.
 * Throws `ERR_NOT_FOUND`, `ERR_ADMIN_FORBIDDEN`, `ERR_REQUEST_INVALID`.
 */
export async function makeBundle(
  control: Control, { admin, space, reveal }: BundleFor, scope: BundleScope, also: ReadonlyMap<string, string> = new Map(),
): Promise<ReadonlyMap<string, string>> {
  const view = await viewFor(control, admin, space, reveal);
  const original = reveal || (await showsPeople(control, admin, space));
  const entries = await entriesOf(control, space, scope);
  const records = entries.map(({ record }) => record);
  const { vkey, note, proofs } = await control.ledger.prove(entries.map(({ position }) => position));
  const disguise = original ? { json: (value: JsonObject) => value, text: (value: string) => value } : disguiseOf(control, view);
  const { others, gaps } = await gatherOthers(control, space, records, disguise);
  const missing = [...gaps];
  const bundled = proofs.map((proof): BundledRecord => bundledOf(proof, original, view, missing));
  await control.record({
    event: 'evidence.bundled', space, principal: admin.id, principalKind: admin.proof?.kind ?? 'workload',
    detail: { records: bundled.length, disclosure: original ? 'original' : 'pseudonyms', ...scopeJson(scope, original ? undefined : view) },
  });
  return assembleBundle({
    createdAt: control.now(), createdBy: original ? admin.id : control.retention.pseudonyms.of(admin.id), space,
    scope: scopeJson(scope, original ? undefined : view),
    disclosure: original ? 'original' : 'pseudonyms', vkey, note, records: bundled, others: new Map([...others, ...also]), gaps: missing,
  }, control.signBundle);
}

/** Where people stand under their names anyway, nothing is withheld. */
async function showsPeople(control: Control, admin: Admin, space: string): Promise<boolean> {
  const person = 'https://issuer.invalid|somebody';
  return (await viewFor(control, admin, space, false))({ principal: person })['principal'] === person;
}

function bundledOf(
  { position, line, proof }: Proven['proofs'][number], original: boolean, view: (record: JsonObject) => JsonObject, gaps: string[],
): BundledRecord {
  const read: Json = JSON.parse(line);
  const { leaf, record } = isObject(read) ? read : {};
  if (typeof leaf !== 'string') throw new SallyportError('ERR_LOG_INCONSISTENT', `the line of record ${position} is not what was written`);
  if (!isObject(record)) gaps.push(`record ${position} was erased; its commitment is still in the log`);
  const readable = isObject(record) ? record : { erased: true };
  return { position, leaf, proof, readable: original ? readable : view(readable), ...(original && isObject(record) ? { line } : {}) };
}

async function entriesOf(control: Control, space: string, scope: BundleScope): Promise<readonly { readonly position: number; readonly record: JsonObject }[]> {
  const any = [...scope.contexts.map((context) => `context = ${quote(context)}`), ...scope.exchanges.map((exchange) => `exchange = ${quote(exchange)}`)];
  const question = narrowed(any.join(' or '), timesOf(scope.since, scope.until));
  const found: { readonly position: number; readonly record: JsonObject }[] = [];
  for (let after: number | undefined; ; ) {
    const ask = { space, question, now: control.now(), order: 'oldest', limit: LIMITS.queryRecordsMax } as const;
    const page = await control.ledger.search({ ...ask, ...(after === undefined ? {} : { after }) });
    found.push(...page.entries);
    if (found.length > LIMITS.proofsAtOnceMax) {
      throw new SallyportError('ERR_REQUEST_INVALID', `this is evidence of more than ${LIMITS.proofsAtOnceMax} records`, {
        remedy: 'Ask for it in parts, by --since and --until.',
      });
    }
    if (page.next === undefined || page.entries.length === 0) break;
    after = page.next;
  }
  if (found.length === 0) {
    throw new SallyportError('ERR_NOT_FOUND', 'there are no such records', {
      remedy: 'See `sallyport audit query` and `sallyport audit sessions`.',
    });
  }
  return found;
}

function scopeJson({ incident, contexts, exchanges, since, until }: BundleScope, view: ((record: JsonObject) => JsonObject) | undefined): JsonObject {
  const scope = {
    ...(incident === undefined ? {} : { incident }), ...(contexts.length === 0 ? {} : { contexts: [...contexts] }),
    ...(exchanges.length === 0 ? {} : { exchanges: [...exchanges] }),
    ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }),
  };
  return view === undefined ? scope : view(scope);
}

/** Ids of people stand in policies in quotation marks. */
function disguiseOf(control: Control, view: (record: JsonObject) => JsonObject): Disguise {
  return {
    json: view,
    text: (value) => value.replaceAll(/"([^"\s|]{1,512}\|[^"|\n]{1,512})"/g, (_, id: string) => `"${control.retention.pseudonyms.of(id)}"`),
  };
}
