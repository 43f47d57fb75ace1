import { z } from 'zod';
import { LIMITS } from '../domain/limits.ts';
import { CATEGORIES, CONFIDENTIALITIES, EFFECTS, PAGES } from '../domain/server.ts';
import { ADMIN, AGENT, AGENT_ID } from './agent-shape.ts';
import { APPROVALS_SHAPE } from './approval-shape.ts';
import { AUDIT_SHAPE } from './audit-shape.ts';
import { BACKUP_SHAPE } from './backup-shape.ts';
import { CREDENTIALS } from './credential-shape.ts';
import { DETECT_SHAPE } from './detect-shape.ts';
import { DISPATCHES } from './dispatch-shape.ts';
import { DRY_RUN } from './dry-run-shape.ts';
import { CLASSIFICATION_SHAPE, DEFAULTS_SHAPE, FLOW_RULES, FLOW_SHAPE } from './flow-shape.ts';
import { IDENTITY } from './identity-shape.ts';
import { LIMITS_SHAPE } from './limits-shape.ts';
import { LAUNCH_ALLOWANCES } from './launch.ts';
import { HTTP_URL, ID, MOMENT, WORDS } from './manifest-words.ts';
import { NOTIFY_SHAPE } from './notify-shape.ts';
import { REVIEWS_SHAPE } from './review-shape.ts';
import { SCHEDULE_SHAPE } from './schedule-shape.ts';
import { KNOWLEDGE_SHAPE } from './knowledge-shape.ts';
import { PACKAGE_NAME, PACKAGES_SHAPE } from './package-shape.ts';
import { REGISTRY_SHAPE } from './registry-shape.ts';
import { RUNNER_SHAPE, SANDBOX_SHAPE } from './sandbox-shape.ts';
import { GATE_SEGMENT, SEGMENT } from './segment-shape.ts';
import { VAULT } from './vault-shape.ts';
import { SIGN_IN } from './sign-in-shape.ts';
import { VENDOR } from './vendor-shape.ts';
import { TELEMETRY_SHAPE } from './telemetry-shape.ts';

/** The shape of sallyport.yaml (DESIGN part 6). Unknown keys are refused everywhere: a typing error must not be a silence. */

const NAMES = z.array(z.string().min(1).max(LIMITS.nameLengthMax)).max(LIMITS.surfaceItemsMax);
const NAMES_OR_ALL = z.union([z.literal('*'), NAMES], { error: 'must be "*" or a list of names' });
const ORIGIN = HTTP_URL.refine((url) => URL.canParse(url) && new URL(url).origin === url, {
  error: 'must be an origin, for instance https://app.corp.example',
});
const ADDRESS = z.union([z.ipv4(), z.ipv6()], { error: 'must be an IP address' });

const LABELS = z.strictObject({
  confidentiality: z.enum(CONFIDENTIALITIES).exactOptional(),
  categories: z.array(z.enum(CATEGORIES)).exactOptional(),
  integrity: z.enum(['trusted', 'untrusted']).exactOptional(),
});

const TOOL = z.strictObject({ effect: z.enum(EFFECTS), labels: LABELS.exactOptional(), dispatches: DISPATCHES.exactOptional(),
  dryRun: DRY_RUN.exactOptional(), flow: FLOW_RULES.exactOptional() });

const SERVER = z
  .strictObject({
    url: HTTP_URL.exactOptional(),
    transport: z.enum(['http', 'sse']).exactOptional(),
    allowPrivate: z.boolean().exactOptional(),
    command: z.array(z.string().max(32_768)).min(1).max(1000).exactOptional(),
    env: z.record(z.string().regex(/^[A-Za-z_]\w*$/, 'must be the name of a variable'), z.string().max(32_768)).exactOptional(),
    cwd: z.string().startsWith('/', 'must be an absolute path').max(4096).exactOptional(),
    shared: z.boolean().exactOptional(),
    allow: z.array(z.enum(LAUNCH_ALLOWANCES)).exactOptional(),
    sandbox: SANDBOX_SHAPE.exactOptional(),
    owner: WORDS,
    hosting: z.enum(['self', 'vendor', 'embedded']).exactOptional(),
    tier: z.enum(['internal', 'vendor', 'public']).exactOptional(),
    vendor: ID.exactOptional(),
    region: ID.exactOptional(),
    labels: LABELS.exactOptional(),
    flow: FLOW_RULES.exactOptional(),
    resources: z.array(z.strictObject({ uri: z.string().min(1).max(LIMITS.uriLengthMax), labels: LABELS })).max(1000).exactOptional(),
    pages: z.enum(PAGES).exactOptional(),
    retention: ID.exactOptional(),
    credentials: CREDENTIALS.exactOptional(),
    tools: z.record(z.string().min(1).max(128), TOOL).exactOptional(),
    segment: SEGMENT.exactOptional(),
  })
  .refine((server) => (server.url === undefined) !== (server.command === undefined), { error: 'must have either url or command' })
  .refine((server) => server.url !== undefined || (server.transport ?? server.allowPrivate ?? server.credentials) === undefined, {
    error: 'transport, allowPrivate and credentials belong to a url; a command gets its secrets by env',
  })
  .refine((server) => server.command !== undefined || (server.env ?? server.cwd ?? server.shared ?? server.allow ?? server.sandbox) === undefined, {
    error: 'env, cwd, shared, allow and sandbox belong to a command',
  })
  .refine((server) => server.vendor === undefined || (server.url !== undefined && (server.hosting ?? 'self') !== 'self'), {
    error: 'vendor belongs to the url of a server that a vendor runs (hosting: vendor, or embedded)',
  })
  .refine((server) => server.segment === undefined || (server.url !== undefined && (server.hosting ?? 'self') === 'self'), {
    error: 'segment belongs to the url of a server that you host (hosting: self)',
  });

const ROLE = z.strictObject({
  allow: z
    .array(
      z
        .strictObject({
          server: ID.exactOptional(),
          toolset: ID.exactOptional(),
          effects: z.array(z.enum(EFFECTS)).exactOptional(),
          tools: NAMES.exactOptional(),
          prompts: NAMES.exactOptional(),
          resources: z.boolean().exactOptional(),
        })
        .refine((rule) => (rule.server === undefined) !== (rule.toolset === undefined), { error: 'must have either server or toolset' }),
    )
    .max(1000),
});

const WHO = z.string().min(1).max(300);
const BINDING = z.strictObject({
  role: ID,
  to: z
    .strictObject({ group: WHO.exactOptional(), agent: WHO.exactOptional(), principal: WHO.exactOptional() })
    .refine((to) => Object.keys(to).length === 1, { error: 'must name exactly one of group, agent and principal' }),
});

const MEMBER = z.strictObject({
  server: ID,
  tools: NAMES_OR_ALL,
  prompts: NAMES_OR_ALL.exactOptional(),
  resources: z.boolean().exactOptional(),
});

const EXCEPTION = z.strictObject({
  scope: z.union([
    z.strictObject({ server: ID, rule: z.string().regex(/^[a-z0-9-]{1,60}(?:\/[a-z0-9-]{1,60})?$/, 'must be the id of a finding') }),
    z.strictObject({ package: PACKAGE_NAME, rule: z.enum(['cooling-off', 'provenance']) }),
  ], { error: 'must have a server and the id of a finding, or a package and the rule cooling-off or provenance' }),
  reason: WORDS,
  owner: WORDS,
  approver: WORDS,
  expires: MOMENT,
});

export const MANIFEST = z.strictObject({
  apiVersion: z.literal('sallyport/v1'),
  gateway: z
    .strictObject({
      listen: z.string().min(1).max(200),
      publicUrl: HTTP_URL.exactOptional(),
      trustedProxy: ADDRESS.exactOptional(),
      mtls: z.strictObject({ listen: z.string().min(1).max(200), publicUrl: ORIGIN.regex(/^https:/, 'must be https') }).exactOptional(),
      segment: GATE_SEGMENT.exactOptional(),
    })
    .exactOptional(),
  control: z
    .strictObject({
      listen: z.string().min(1).max(200), publicUrl: ORIGIN.exactOptional(), signIn: SIGN_IN.exactOptional(),
      registration: z.enum(['off', 'initial-token']).exactOptional(),
    })
    .exactOptional(),
  network: z
    .strictObject({
      internal: z.array(z.string().min(1).max(300)).exactOptional(),
      origins: z.array(ORIGIN).exactOptional(),
      proxy: HTTP_URL.exactOptional(),
      extraRoots: z.string().min(1).max(4096).exactOptional(),
    })
    .exactOptional(),
  identity: IDENTITY.exactOptional(),
  vault: VAULT.exactOptional(),
  limits: LIMITS_SHAPE.exactOptional(),
  audit: AUDIT_SHAPE.exactOptional(),
  telemetry: TELEMETRY_SHAPE.exactOptional(),
  detect: DETECT_SHAPE.exactOptional(),
  flow: FLOW_SHAPE.exactOptional(),
  classification: CLASSIFICATION_SHAPE.exactOptional(),
  defaults: DEFAULTS_SHAPE.exactOptional(),
  approvals: APPROVALS_SHAPE.exactOptional(),
  backup: BACKUP_SHAPE.exactOptional(),
  agents: z.record(AGENT_ID, AGENT).exactOptional(),
  admins: z.array(ADMIN).max(1000).exactOptional(),
  runner: RUNNER_SHAPE.exactOptional(),
  packages: PACKAGES_SHAPE.exactOptional(),
  registry: REGISTRY_SHAPE.exactOptional(),
  knowledge: KNOWLEDGE_SHAPE.exactOptional(),
  notify: NOTIFY_SHAPE.exactOptional(),
  schedule: SCHEDULE_SHAPE.exactOptional(),
  vendors: z.record(ID, VENDOR).exactOptional(),
  reviews: REVIEWS_SHAPE.exactOptional(),
  servers: z.record(ID, SERVER).exactOptional(),
  toolsets: z.record(ID, z.array(MEMBER).min(1).max(1000)).exactOptional(),
  roles: z.record(ID, ROLE).exactOptional(),
  bindings: z.array(BINDING).max(10_000).exactOptional(),
  policies: z.array(z.string().min(1).max(4096)).max(1000).exactOptional(),
  exceptions: z.array(EXCEPTION).max(10_000).exactOptional(),
});
export type ManifestShape = z.infer<typeof MANIFEST>;
export type ServerShape = z.infer<typeof SERVER>;
