import { z } from 'zod';
import { SallyportError } from '../domain/errors.ts';
import type { Baseline, Surface } from '../domain/server.ts';
import { decodeJson } from '../store/body.ts';
import type { Row, Rows } from '../store/store.ts';
import { ACCOUNT } from './accounts/schema.ts';
import { ADMIN_GRANT } from './admins/schema.ts';
import { AGENT, SIGHTING } from './agents/schema.ts';
import { APPROVAL, APPROVAL_OF } from './approvals/schema.ts';
import { TOKEN } from './tokens/schema.ts';
import { CUSTODIAN, OPENING } from './break-glass/schema.ts';
import { CLIENT } from './clients/schema.ts';
import { CONTEXT, GATEWAY } from './contexts/schema.ts';
import { CONSENT } from './consents/schema.ts';
import { CONNECTION, IDENTITY, REGISTRATION } from './connections/schema.ts';
import { CONTAINMENT } from './containments/schema.ts';
import { EXERCISE } from './exercises/schema.ts';
import { EXCEPTION } from './exceptions/schema.ts';
import { INCIDENT, INCIDENT_KEY } from './incidents/schema.ts';
import { LINK_NODE, LINK_TOKEN } from './links/schema.ts';
import { FILE_BASELINE, FILE_WATCH } from './files/schema.ts';
import { GROUP, PERSON } from './people/schema.ts';
import { PLAYBOOK_ROW, PLAYBOOK_RUN, PLAYBOOK_TEXT } from './playbooks/schema.ts';
import { POLICY } from './policies/schema.ts';
import { PROPOSAL } from './proposals/schema.ts';
import { QUARANTINED } from './quarantine/schema.ts';
import { ASSET, IGNORED, SOURCE } from './inventory/schema.ts';
import { SENSOR } from './inventory/sensors.ts';
import { REVIEW, REVIEW_EVIDENCE, REVIEW_ITEM } from './reviews/schema.ts';
import { FINDING_DAY, FINDING_GROUP, FINDING_SILENCE } from './findings/schema.ts';
import { HOLD, RETENTION_KEY } from './retention/schema.ts';
import { REVOCATION } from './revocations/schema.ts';
import { CATALOG_ENTRY, LISTING } from './registry/schema.ts';
import { REDTEAM_RUN } from './redteam/schema.ts';
import { REGISTRY_REQUEST } from './requests/schema.ts';
import { BINDING, ROLE } from './roles/schema.ts';
import { JOB } from './schedule/schema.ts';
import { SCIM_TOKEN } from './scim/schema.ts';
import { KNOWN_ENDPOINT } from '../vendor/probe/changes.ts';
import { PERMISSION } from '../vendor/probe/permission.ts';
import { PROBE_REPORT } from '../vendor/probe/result.ts';
import { FINDING, REFUSED, SERVER } from './servers/schema.ts';
import { TOOLSET } from './toolsets/schema.ts';
import { STORED_SECRET } from './vault/schema.ts';
import { DISCLOSED, DISCLOSURE_LINK, SUBMITTED, VENDOR, VENDOR_EVENT } from './vendors/schema.ts';

/** Written by control alone, out of what `registry/` checked and digested; its parts are not taken apart again here. */
const SURFACE = z.custom<Surface>((value) => typeof value === 'object' && value !== null && 'tools' in value);
const BASELINE = z.custom<Baseline>((value) => typeof value === 'object' && value !== null && 'surface' in value);

const CANDIDATE = z.strictObject({ scannedAt: z.number(), digest: z.string(), surface: SURFACE, findings: z.array(FINDING) });
export type Candidate = z.infer<typeof CANDIDATE>;

/** That a gateway saw something else than the baseline at a refresh, so that it is recorded once; what it saw is the candidate. */
const DRIFT = z.strictObject({ observedAt: z.number(), node: z.string(), digest: z.string() });

/** What a server did when it was read in ways in which it should refuse; of the URL that it had then. Null: not found out. */
const EXPOSURE = z.strictObject({
  examinedAt: z.number(), url: z.string(), answersUnauthenticated: z.boolean().nullable(), acceptsForeignOrigin: z.boolean().nullable(),
});

/** What each kind of row holds. Checked on reading too: a row that something else wrote is a fault now, not a surprise later. */
const SHAPES = {
  server: SERVER, candidate: CANDIDATE, baseline: BASELINE, drift: DRIFT, exposure: EXPOSURE, toolset: TOOLSET, token: TOKEN,
  role: ROLE, binding: BINDING, policy: POLICY, exception: EXCEPTION, agent: AGENT, context: CONTEXT, sighting: SIGHTING, admin: ADMIN_GRANT,
  person: PERSON, group: GROUP,
  'scim-token': SCIM_TOKEN, proposal: PROPOSAL, custodian: CUSTODIAN, opening: OPENING, account: ACCOUNT, consent: CONSENT,
  client: CLIENT, revocation: REVOCATION,
  secret: STORED_SECRET, connection: CONNECTION, registration: REGISTRATION, identity: IDENTITY,
  'retention-key': RETENTION_KEY, hold: HOLD, approval: APPROVAL, 'approval-of': APPROVAL_OF, quarantined: QUARANTINED,
  gateway: GATEWAY, refused: REFUSED,
  'file-baseline': FILE_BASELINE, 'file-watch': FILE_WATCH,
  'link-token': LINK_TOKEN, 'link-node': LINK_NODE,
  listing: LISTING, 'catalog-entry': CATALOG_ENTRY, 'registry-request': REGISTRY_REQUEST, job: JOB,
  'redteam-run': REDTEAM_RUN,
  vendor: VENDOR, disclosure: DISCLOSED, 'disclosure-submitted': SUBMITTED, 'disclosure-link': DISCLOSURE_LINK, 'vendor-event': VENDOR_EVENT,
  'vendor-probe': PROBE_REPORT, 'vendor-known': KNOWN_ENDPOINT, 'vendor-permission': PERMISSION,
  exercise: EXERCISE, incident: INCIDENT, 'incident-key': INCIDENT_KEY,
  finding: FINDING_GROUP, 'finding-silence': FINDING_SILENCE, 'finding-day': FINDING_DAY,
  containment: CONTAINMENT,
  review: REVIEW, 'review-item': REVIEW_ITEM, 'review-evidence': REVIEW_EVIDENCE,
  playbook: PLAYBOOK_ROW, 'playbook-run': PLAYBOOK_RUN, 'playbook-text': PLAYBOOK_TEXT,
  evidence: SOURCE, asset: ASSET, 'ignored-asset': IGNORED, sensor: SENSOR,
} as const;

export type StoredKind = keyof typeof SHAPES;
type Body<K extends StoredKind> = z.output<(typeof SHAPES)[K]>;

export interface Stored<T> {
  readonly id: string;
  readonly space: string;
  readonly body: T;
}

/** All of a kind, of one space; of all spaces only for what is compiled for gateways. */
export async function listStored<K extends StoredKind>(rows: Rows, kind: K, space?: string): Promise<readonly Stored<Body<K>>[]> {
  return (await rows.list(kind, space)).map((row) => toStored(kind, row));
}

export async function findStored<K extends StoredKind>(rows: Rows, kind: K, space: string, id: string): Promise<Stored<Body<K>> | undefined> {
  const row = await rows.get(kind, space, id);
  return row === undefined ? undefined : toStored(kind, row);
}

/** Throws `ERR_SERVER_UNKNOWN` or `ERR_NOT_FOUND` when this space has no such row. */
export async function needStored<K extends StoredKind>(rows: Rows, kind: K, space: string, id: string): Promise<Stored<Body<K>>> {
  const found = await findStored(rows, kind, space, id);
  if (found === undefined) throw unknown(kind, id);
  return found;
}

export async function putStored<K extends StoredKind>(rows: Rows, kind: K, space: string, id: string, body: Body<K>, by: string): Promise<void> {
  await rows.put(kind, space, id, decodeJson(JSON.stringify(body)), { by });
}

/** Throws as `needStored` does: a removal that removes nothing is a typing error. */
export async function deleteStored(rows: Rows, kind: StoredKind, space: string, id: string, by: string): Promise<void> {
  if (!(await rows.delete(kind, space, id, { by }))) throw unknown(kind, id);
}

function unknown(kind: StoredKind, id: string): SallyportError {
  return new SallyportError(kind === 'server' ? 'ERR_SERVER_UNKNOWN' : 'ERR_NOT_FOUND', `there is no ${kind} "${id}" in this space`, {
    remedy: `See \`sallyport ${LISTED[kind] ?? `${kind} list`}\`, and --space.`,
  });
}

/** By which command people see what is of a kind, where that is not called as the kind is. */
const LISTED: Readonly<Partial<Record<StoredKind, string>>> = {
  secret: 'vault list', containment: 'incident containments', playbook: 'incident playbook list', 'playbook-run': 'incident playbook list --runs',
  'disclosure-link': 'vendor show', disclosure: 'vendor show', 'disclosure-submitted': 'vendor show', 'vendor-permission': 'vendor permissions',
  'review-item': 'review items CAMPAIGN', role: 'policy roles', binding: 'policy roles', 'registry-request': 'registry requests',
  'redteam-run': 'redteam list --runs', hold: 'audit hold list', quarantined: 'quarantine list',
};

function toStored<K extends StoredKind>(kind: K, row: Row): Stored<Body<K>> {
  const read = SHAPES[kind].safeParse(row.body, { reportInput: false });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one schema's output; the compiler sees the union of all
  if (read.success) return { id: row.id, space: row.space, body: read.data as Body<K> };
  throw new SallyportError('ERR_STORE_UNAVAILABLE', `the stored ${kind} "${row.id}" is damaged`, {
    remedy: 'Something else than Sallyport wrote to its database: restore a backup.',
    internal: read.error.issues.map((issue) => issue.path.join('.')).join(', '),
  });
}
