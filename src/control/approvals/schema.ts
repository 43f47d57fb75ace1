import { z } from 'zod';
import { APPROVAL_STATES } from '../../domain/approval.ts';
import { ACTIONS } from '../../domain/decision.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DESTINATIONS } from '../../domain/provenance.ts';
import { CATEGORIES, CONFIDENTIALITIES, EFFECTS } from '../../domain/server.ts';
import { readApprove } from '../../policy/obligations.ts';
import { WORDS } from '../names.ts';

const TEXT = z.string().max(4096);
const DIGEST = z.string().regex(/^[0-9a-f]{64}$/);
const ID = z.uuid();
const SPACE = z.string().max(100);
const AGENTS = z.array(TEXT).max(10).readonly();
export const CALLER = z.strictObject({ id: TEXT, kind: z.enum(['person', 'workload']), agent: TEXT, actors: AGENTS });
const KEY = z.string().regex(/^[0-9a-f]{32}$/);
const VALUE = z.string().max(300).refine((value) => readApprove(value) !== undefined, 'names nobody');

const SUBJECT = z.strictObject({
  space: SPACE,
  principal: CALLER,
  behind: CALLER,
  flow: KEY,
  server: TEXT,
  method: TEXT,
  action: z.enum(ACTIONS),
  resource: z.strictObject({ kind: z.enum(['tool', 'prompt', 'resource', 'server']), server: TEXT, name: z.string().max(LIMITS.uriLengthMax) }),
  pin: DIGEST.nullable(),
  dispatchers: z.array(z.strictObject({ name: TEXT, pin: DIGEST })).max(LIMITS.dispatchDepthMax).readonly(),
  params: z.record(z.string(), z.json()),
  preview: z.json().exactOptional(),
  gates: z.array(z.strictObject({ kind: z.enum(['approve', 'stage']), policy: TEXT, digest: DIGEST, value: VALUE })).min(1).max(100).readonly(),
});
export type Subject = z.infer<typeof SUBJECT>;

const LABELS = z.strictObject({
  confidentiality: z.enum(CONFIDENTIALITIES), categories: z.array(z.enum(CATEGORIES)).readonly(), integrity: z.enum(['trusted', 'untrusted']),
});
const FINDING = z.looseObject({ detector: TEXT, rule: TEXT, severity: z.enum(SEVERITIES), at: z.array(TEXT).max(1_000).readonly() });
const STANDING = z.strictObject({ credentials: z.array(TEXT).max(100).readonly(), issuedAt: z.number() });

const PROVENANCE = z.strictObject({
  destinations: z.enum(DESTINATIONS), flowsFrom: z.array(TEXT).max(1_000).readonly(),
  places: z.array(z.strictObject({
    at: TEXT, destination: z.enum(DESTINATIONS).exclude(['none']).exactOptional(), from: z.array(TEXT).max(1_000).readonly(),
  })).max(LIMITS.flowPlacesMax).readonly().exactOptional(),
});

/** What a gateway asks: the whole of what is to be approved, and what the approver should know besides. */
export const ASK = z.strictObject({
  exchange: z.string().max(64), node: TEXT, subject: SUBJECT, effect: z.enum(EFFECTS).exactOptional(),
  findings: z.array(FINDING).max(LIMITS.findingsPerSubjectMax * 2).readonly(), standing: STANDING, provenance: PROVENANCE.exactOptional(),
});
export type Ask = z.infer<typeof ASK>;
export const USE = ASK.extend({ id: ID });
export type Use = z.infer<typeof USE>;

const PRESENCE = z.enum(['passkey', 'passphrase']);
const WORD = z.strictObject({
  by: z.string(), via: z.enum(['root', 'session', 'token', 'page']), at: z.int(),
  /** How long the approver had it before them. */
  lookedMs: z.int(),
  presence: PRESENCE.exactOptional(),
});
export type Word = z.infer<typeof WORD>;
export type Presence = z.infer<typeof PRESENCE>;

/** One call that people are asked about. What it says is sealed; what it is about stands open. Rows of the caller's space. */
export const APPROVAL = z.strictObject({
  digest: DIGEST,
  state: z.enum(APPROVAL_STATES),
  askedAt: z.int(),
  expiresAt: z.int(),
  exchange: z.string(),
  principal: CALLER,
  behind: CALLER,
  flow: KEY,
  /** Of the call that asked: who made its tokens may not approve it. */
  credentials: z.array(z.string()).readonly(),
  server: z.string(),
  action: z.enum(ACTIONS),
  resource: z.strictObject({ kind: z.enum(['tool', 'prompt', 'resource', 'server']), server: z.string(), name: z.string() }),
  effect: z.enum(EFFECTS).exactOptional(),
  pin: DIGEST.nullable(),
  gates: z.array(z.strictObject({ kind: z.enum(['approve', 'stage']), policy: z.string(), digest: DIGEST, value: z.string() })).readonly(),
  findings: z.array(FINDING).readonly(),
  /** Where the values of its arguments come from. */
  provenance: PROVENANCE.exactOptional(),
  /** What the flow context carried when it was asked. */
  labels: LABELS,
  /** Digest of what it is without its values: identical shapes may be answered together, each bound to its own digest. */
  shape: DIGEST,
  /** The params as they will be sent, sealed; gone when nobody needs to see them any more. */
  sealed: z.string().exactOptional(),
  words: z.array(WORD).readonly(),
  grantedAt: z.int().exactOptional(),
  escalatedAt: z.int().exactOptional(),
  /** How it ended, and by whom. */
  end: z.strictObject({ by: z.string(), at: z.int(), reason: z.string(), exchange: z.string().exactOptional() }).exactOptional(),
});
export type StoredApproval = z.infer<typeof APPROVAL>;

/** Which approval is the last one of a digest. */
export const APPROVAL_OF = z.strictObject({ id: ID });

const PASSPHRASE = z.string().min(1).max(1_000);
/** Names what was shown: if the call were another by now, nothing is approved. */
export const GRANT = z.strictObject({
  approvals: z.array(z.strictObject({ id: ID, digest: DIGEST })).min(1).max(LIMITS.approvalsBatchMax).readonly(),
  passphrase: PASSPHRASE.exactOptional(),
});
export const REFUSE = z.strictObject({ reason: WORDS });
export const SET_PRESENCE = z.strictObject({ passphrase: PASSPHRASE, old: PASSPHRASE.exactOptional() });
