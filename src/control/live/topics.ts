import { RECORD_EVENTS } from '../../domain/record.ts';
import type { RecordEvent } from '../../domain/record.ts';

type Noun<Event extends string> = Event extends `${infer Name}.${string}` ? Name : never;

/** Everything: whatever is shown may be another now. */
export const EVERYTHING = '*';

const CALLS = ['contexts', 'flow', 'approvals', 'quarantine', 'denials'] as const;
const EVIDENCE = ['recovery', 'links'] as const;

/**
 * Which answers of the API may be others after a record of this noun, by the first segment of their paths. Total: a new kind of
 * record does not compile until somebody has said what it means for those who look.
 */
const OF_NOUN: Readonly<Record<Noun<RecordEvent>, readonly string[]>> = {
  call: CALLS, message: CALLS, result: CALLS, flood: [], freeze: ['quarantine'], context: ['contexts', 'flow'],
  // What is in force was changed: almost anything may show it.
  config: [EVERYTHING],
  drift: ['servers', 'registry', 'toolsets'], segment: ['segments'], server: ['servers', 'status'], package: ['servers', 'packages'],
  knowledge: ['knowledge', 'inventory', 'vendors'], detection: ['status', 'knowledge'], role: ['status', 'links'],
  file: ['file-seals', 'file-changes', 'file-approvals', 'file-watches', 'file-enforcements', 'file-restores'], watch: ['file-watches'],
  inventory: ['inventory'], sensor: ['inventory'], agent: ['agents', 'inventory'], finding: ['incidents'],
  admin: [], session: ['me'], person: ['people', 'accounts'], people: ['people'], consent: ['consents'], client: ['clients'],
  proposal: ['proposals', 'incidents', 'playbook-runs'], 'break-glass': ['break-glass', 'status'],
  record: EVIDENCE, checkpoint: EVIDENCE, clock: EVIDENCE, log: EVIDENCE, evidence: [], hold: [], body: [], policy: [],
  backup: ['backups'], recovery: ['recovery', 'status'], sink: [],
  credential: ['vault'], token: ['tokens', 'revocations'], key: ['issuer', 'vault'],
  quarantine: ['quarantine'], connection: ['connections'], approval: ['approvals'], access: ['denials', 'requests'], denial: ['denials'],
  registry: ['registry', 'servers'], vendor: ['vendors', 'vendor-candidates', 'vendor-permissions'],
  incident: ['incidents'], containment: ['containments', 'incidents', 'status'], playbook: ['playbooks', 'playbook-runs', 'incidents'],
  redteam: ['redteam'], exercise: ['exercises'], review: ['reviews'], job: ['schedule'],
};

/** Each record is one of the log, and may count in what sums it up. */
const ALWAYS = ['audit', 'overview', 'activity', 'findings', 'sessions'] as const;

const TOPICS: ReadonlyMap<string, readonly string[]> = new Map(
  RECORD_EVENTS.map((event): [string, readonly string[]] => [event, [...ALWAYS, ...Object.entries(OF_NOUN).flatMap(([noun, topics]) => (
    event.startsWith(`${noun}.`) ? topics : []))]]),
);

/** Of a record of another version, everything. */
export function topicsOf(event: unknown): readonly string[] {
  return (typeof event === 'string' ? TOPICS.get(event) : undefined) ?? [EVERYTHING];
}
