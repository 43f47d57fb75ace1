import { ERROR_CODES } from '../../domain/errors.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import { RECORD_CATEGORIES, RECORD_EVENTS } from '../../domain/record.ts';
import { ROLES } from '../../domain/role.ts';
import { CATEGORIES, CONFIDENTIALITIES, EFFECTS } from '../../domain/server.ts';

/**
 * What a field holds: one `text`, a `list` of texts (a comparison is true when it is of any of them), an `id` (compared as a whole), a
 * `number`, a `time`, or a `rank` of ordered words.
 */
type Kind = 'text' | 'list' | 'id' | 'number' | 'time' | 'rank';

/** Where the index keeps it: with each record, or once for all records that say the same of who called, what was asked, how it went. */
export type Place = 'record' | 'who' | 'what' | 'how';

export interface Field {
  readonly kind: Kind;
  readonly place: Place;
  /** All that it can be, where that is closed: a word outside is a mistake and not a search without result. Ranks: in their order. */
  readonly values?: readonly string[];
  /** Units that may follow a number, as factors. */
  readonly units?: Readonly<Record<string, number>>;
  readonly says: string;
}

const MS = { ms: 1, s: 1000, min: 60_000 } as const;
const BYTES = { b: 1, kb: 1000, mb: 1_000_000, kib: 1024, mib: 1_048_576 } as const;

/** Everything that a filter may ask about; `docs/audit/query.md` shows this table. */
export const FIELDS = {
  position: { kind: 'number', place: 'record', says: 'place in the ledger' },
  at: { kind: 'time', place: 'record', says: 'when it was recorded' },
  exchange: { kind: 'id', place: 'record', says: 'the exchange: the id that a client is told when it is refused' },
  trace: { kind: 'id', place: 'record', says: 'W3C trace id' },
  latency: { kind: 'number', place: 'record', units: MS, says: 'ms since the request came in' },
  size: { kind: 'number', place: 'record', units: BYTES, says: 'encoded bytes of arguments or result' },
  context: { kind: 'text', place: 'who', says: 'flow context: one session of one agent for one principal' },
  principal: { kind: 'text', place: 'who', says: 'the accountable person or workload' },
  kind: { kind: 'text', place: 'who', values: ['person', 'workload'], says: 'what the principal is' },
  agent: { kind: 'text', place: 'who', says: 'the registered agent' },
  actor: { kind: 'list', place: 'who', says: 'agents of the delegation chain' },
  client: { kind: 'text', place: 'who', says: 'the program that the agent says it runs as' },
  address: { kind: 'text', place: 'who', says: 'network address of the caller' },
  node: { kind: 'text', place: 'who', says: 'the process that wrote the record' },
  role: { kind: 'text', place: 'who', values: ROLES, says: 'the role that the process proved' },
  route: { kind: 'text', place: 'what', says: '`server:<name>` or `toolset:<name>`' },
  method: { kind: 'text', place: 'what', says: 'method of the protocol' },
  action: { kind: 'text', place: 'what', says: 'action in policy’s words, or what an administrator did' },
  server: { kind: 'text', place: 'what', says: 'server' },
  tool: { kind: 'text', place: 'what', says: 'tool, prompt or resource by its canonical name' },
  dispatcher: { kind: 'list', place: 'what', says: 'tools through which the tool was called' },
  definition: { kind: 'text', place: 'what', says: 'digest of the pinned definition' },
  effect: { kind: 'text', place: 'what', values: EFFECTS, says: 'what the tool does' },
  category: { kind: 'text', place: 'how', values: RECORD_CATEGORIES, says: 'category of the record' },
  event: { kind: 'text', place: 'how', values: RECORD_EVENTS, says: 'what happened' },
  code: { kind: 'text', place: 'how', values: ERROR_CODES, says: 'error code of a denial or fault' },
  policy: { kind: 'list', place: 'how', says: 'policies that decided' },
  finding: { kind: 'list', place: 'how', says: 'findings, as `detector/rule`' },
  shadow: { kind: 'list', place: 'how', says: 'findings of detectors that only look, as `detector/rule`' },
  severity: { kind: 'rank', place: 'how', values: SEVERITIES, says: 'the gravest finding' },
  confidentiality: { kind: 'rank', place: 'how', values: CONFIDENTIALITIES, says: 'confidentiality of what the context or result carries' },
  label: { kind: 'list', place: 'how', values: CATEGORIES, says: 'categories of data that the context or result carries' },
  integrity: { kind: 'text', place: 'how', values: ['trusted', 'untrusted'], says: 'whether the context or result can be trusted' },
  snapshot: { kind: 'number', place: 'how', says: 'version of the snapshot that judged' },
} as const satisfies Readonly<Record<string, Field>>;

export type FieldName = keyof typeof FIELDS;

const TABLE: ReadonlyMap<string, Field> = new Map(Object.entries(FIELDS));

export const FIELD_NAMES: readonly string[] = [...TABLE.keys()];

export function isField(name: string): name is FieldName {
  return TABLE.has(name);
}

export function fieldOf(name: FieldName): Field {
  return FIELDS[name];
}
