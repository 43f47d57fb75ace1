import { z } from 'zod';
import { ERROR_CODES } from '../../domain/errors.ts';
import { CATEGORIES, CONFIDENTIALITIES, EFFECTS, PAGES } from '../../domain/server.ts';
import { CREDENTIALS } from '../../registry/credential-shape.ts';
import { DISPATCHES } from '../../registry/dispatch-shape.ts';
import { DRY_RUN } from '../../registry/dry-run-shape.ts';
import { FLOW_RULES } from '../../registry/flow-shape.ts';
import { LAUNCH_ALLOWANCES } from '../../registry/launch.ts';
import { sandboxOf } from '../../registry/sandbox.ts';
import { SANDBOX_SPEC } from '../../registry/sandbox-shape.ts';
import { SEGMENT } from '../../registry/segment-shape.ts';
import { NAME, WORDS } from '../names.ts';

const LABELS = z.strictObject({
  confidentiality: z.enum(CONFIDENTIALITIES),
  categories: z.array(z.enum(CATEGORIES)),
  integrity: z.enum(['trusted', 'untrusted']),
});

export const LAUNCH = z.strictObject({
  command: z.string().min(1).max(4096),
  args: z.array(z.string().max(32_768)).max(1000),
  env: z.record(z.string().regex(/^[A-Za-z_]\w*$/), z.string().max(32_768)),
  cwd: z.string().max(4096).exactOptional(),
  shared: z.boolean(),
  /** Absent: nothing but its own package and the system's runtime. */
  sandbox: SANDBOX_SPEC.exactOptional(),
  package: z.strictObject({
    ecosystem: z.enum(['npm', 'pypi', 'oci']), name: z.string().min(1).max(300), version: z.string().min(1).max(200), digest: z.string().min(1).max(200),
    declared: z.array(z.string().max(32_768)).max(1000),
  }).exactOptional(),
}).transform(({ sandbox, ...launch }) => ({ ...launch, sandbox: sandboxOf(launch, sandbox) }));

const ENDPOINT = z.discriminatedUnion('transport', [
  z.strictObject({ transport: z.enum(['http', 'sse']), url: z.url({ protocol: /^https?$/ }), allowPrivate: z.boolean() }),
  z.strictObject({ transport: z.literal('stdio'), launch: LAUNCH }),
]);

const TOOL = z.strictObject({ effect: z.enum(EFFECTS), labels: LABELS.exactOptional(), dispatches: DISPATCHES.exactOptional(),
  dryRun: DRY_RUN.exactOptional(), flow: FLOW_RULES.exactOptional() });

/** What an administrator says of a server. `tools` confirms effects and labels of single tools, and says which are dispatchers. */
const SERVER_DEFINITION = z.strictObject({
  endpoint: ENDPOINT,
  owner: WORDS,
  hosting: z.enum(['self', 'vendor', 'embedded']),
  tier: z.enum(['internal', 'vendor', 'public']),
  /** Id of the vendor whose it is. */
  vendor: NAME.exactOptional(),
  region: NAME.exactOptional(),
  labels: LABELS,
  flow: FLOW_RULES.exactOptional(),
  resources: z.array(z.strictObject({ uri: z.string().max(8_192), labels: LABELS })).exactOptional(),
  pages: z.enum(PAGES).exactOptional(),
  /** Its retention class; one that is not declared is `standard`. */
  retention: NAME.exactOptional(),
  credentials: CREDENTIALS,
  segment: SEGMENT.exactOptional(),
  tools: z.record(z.string(), TOOL),
  /** What an administrator allows this server's launch by name. */
  allow: z.array(z.enum(LAUNCH_ALLOWANCES)).default([]),
});
export type ServerDefinition = z.infer<typeof SERVER_DEFINITION>;

export const NEW_SERVER = SERVER_DEFINITION.extend({ id: NAME }).refine(({ vendor, hosting, endpoint }) => (
  vendor === undefined || (hosting !== 'self' && endpoint.transport !== 'stdio')
), { error: 'vendor belongs to the url of a server that a vendor runs (hosting: vendor, or embedded)' });

/** A stored server. Its baseline, candidate and drift are rows of their own. */
export const SERVER = SERVER_DEFINITION.extend({
  status: z.enum(['declared', 'scanned', 'approved', 'quarantined']),
  reason: z.string().exactOptional(),
  /** Who declared it, when a person did: where administration takes two, somebody else approves it. */
  declaredBy: z.string().exactOptional(),
  /** It is reached in another way, or shown another secret, than what was approved: that says nothing of it any more. */
  moved: z.literal(true).exactOptional(),
});
export type StoredServer = z.infer<typeof SERVER>;

/** Something to know before approving: `block` needs an exception, `warn` a look. */
export const FINDING = z.strictObject({
  rule: z.string(),
  severity: z.enum(['info', 'warn', 'block']),
  item: z.string().exactOptional(),
  message: z.string(),
});
export type ServerFinding = z.infer<typeof FINDING>;

/** Where a local server tried to connect to without being allowed, since somebody last approved it. */
export const TRIED = z.strictObject({
  host: z.string().max(255).regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u, 'must be visible text'),
  port: z.int().min(1).max(65_535).exactOptional(),
  code: z.enum(ERROR_CODES),
  firstAt: z.number(),
  lastAt: z.number(),
  /** How often egress reported it: once a minute at most. */
  reports: z.number(),
});
export const REFUSED = z.strictObject({ tried: z.array(TRIED) });
