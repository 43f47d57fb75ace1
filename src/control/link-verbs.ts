import { z } from 'zod';
import type { Json } from '../domain/json.ts';
import type { Role } from '../domain/role.ts';
import type { SharedState } from '../domain/state.ts';
import type { Read } from '../flow/provenance/recall.ts';
import type { Handler } from '../link/handler.ts';
import type { Broadcast } from './broadcast.ts';
import type { Control } from './control.ts';
import { certifyGateway } from './certify.ts';
import type { Certify } from './certify.ts';
import { askApproval } from './approvals/ask.ts';
import { ASK, USE } from './approvals/schema.ts';
import { useApproval } from './approvals/use.ts';
import { recordSighting } from './agents/sightings.ts';
import { UNKNOWN_CLIENT } from './agents/schema.ts';
import { freezeContext } from './contexts/freeze.ts';
import { FREEZE, SIGN, VISIT } from './contexts/schema.ts';
import { visitContext } from './contexts/visit.ts';
import { JUDGE_SECRET, releaseJudgeSecret } from './detect/secret.ts';
import { ISSUER_SECRET, releaseIssuerSecret } from './manifest/identity.ts';
import { DETECTING, tellDetection } from './knowledge/detection.ts';
import { observe, SENSED } from './inventory/sensors.ts';
import { isOwnKey } from './own-state.ts';
import { keepQuarantined, takeQuarantined } from './quarantine/keep.ts';
import { KEEP, TAKE } from './quarantine/schema.ts';
import { validate } from './route.ts';
import { CRASHING, quarantineCrashing } from './servers/crashing.ts';
import { recordDrift } from './servers/drift.ts';
import { CONNECTION_REFUSED, recordRefusedConnection } from './servers/refused.ts';
import { RAW_SURFACE } from './servers/read.ts';
import { obtain } from './servers/obtain.ts';
import { releaseCredential, RELEASE } from './servers/release.ts';

export interface VerbParts {
  readonly control: Control;
  /** Told of each new snapshot and lease. */
  readonly news: Broadcast;
  readonly state: SharedState;
  readonly certify: Certify;
  /** 32 bytes; seals session ids and handles. */
  readonly sealKey: Uint8Array;
}

const NAMES = { space: z.string(), server: z.string() };
const CERTIFICATE = z.strictObject({ publicKey: z.string().max(10_000), hostname: z.string().max(300) });
const KEY = z.string().min(1).refine((key) => !isOwnKey(key), 'is not a gateway\'s to ask for');
const TTL = z.int().min(1);
const STATE = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('get'), key: KEY }),
  z.strictObject({ op: z.literal('set'), key: KEY, value: z.string(), ttlMs: TTL }),
  z.strictObject({ op: z.literal('setIfAbsent'), key: KEY, value: z.string(), ttlMs: TTL }),
  z.strictObject({ op: z.literal('increment'), key: KEY, by: z.int(), ttlMs: TTL }),
  z.strictObject({ op: z.literal('delete'), key: KEY }),
]);
const WATCH = z.strictObject({ gateway: z.uuid() });
const DRIFT_REPORT = z.strictObject({ ...NAMES, node: z.string().max(200), raw: RAW_SURFACE });

/** What gateways may ask of control. They are heard, not believed: every body is checked, and nothing here widens anything. */
export function controlVerbs(parts: VerbParts): Readonly<Record<string, Handler>> {
  const { control, news, state, sealKey } = parts;
  return {
    'control.watch': {
      stream: (body, { role }, signal) => {
        const gateway = role === 'gateway' ? validate(WATCH, body, 'body').gateway : undefined;
        return watch({ control, news, role, gateway }, signal);
      },
    },
    'control.drift': { call: (body) => recordDrift(control, validate(DRIFT_REPORT, body, 'body')) },
    'control.server-crashing': { call: (body) => quarantineCrashing(control, validate(CRASHING, body, 'body')) },
    'control.state': { call: (body) => applyState(state, validate(STATE, body, 'body')) },
    'control.unknown-client': { call: (body) => recordSighting(control, validate(UNKNOWN_CLIENT, body, 'body')) },
    'control.connection-refused': { call: (body) => recordRefusedConnection(control, validate(CONNECTION_REFUSED, body, 'body')) },
    'control.keys': { call: () => ({ seal: Buffer.from(sealKey).toString('base64url') }) },
    'control.certificate': { call: async (body) => ({ certificate: await certifyGateway(control.store, validate(CERTIFICATE, body, 'body'), parts.certify) }) },
    'control.context': {
      call: async (body) => {
        const { generation, labels, recall } = await visitContext(control, validate(VISIT, body, 'body'));
        return { generation, labels: { ...labels }, ...(recall === undefined ? {} : { recall: jsonOf(recall) }) };
      },
    },
    'control.present': { call: async (body) => ({ token: await control.presence.sign(control.store, validate(SIGN, body, 'body')) }) },
    'control.freeze': { call: (body) => freezeContext(control, validate(FREEZE, body, 'body')) },
    'control.issuer-secret': { call: (body) => releaseIssuerSecret(control, validate(ISSUER_SECRET, body, 'body')) },
    'control.judge-secret': { call: (body) => releaseJudgeSecret(control, validate(JUDGE_SECRET, body, 'body')) },
    'control.detection': { call: (body) => tellDetection(control, validate(DETECTING, body, 'body')) },
    'control.ask-approval': { call: (body) => askApproval(control, validate(ASK, body, 'body')) },
    'control.use-approval': { call: (body) => useApproval(control, validate(USE, body, 'body')) },
    'control.quarantine': { call: (body) => keepQuarantined(control, validate(KEEP, body, 'body')) },
    'control.take-quarantined': { call: (body) => takeQuarantined(control, validate(TAKE, body, 'body')) },
    'control.observe': { call: (body, { node }) => observe(control, node, validate(SENSED, body, 'body')) },
    'control.release': { call: (body) => releaseCredential(control, obtain, validate(RELEASE, body, 'body')) },
  };
}

/** Plain data by its type, which has optional members. */
const jsonOf = (value: Read): Json => JSON.parse(JSON.stringify(value));

interface Watching {
  readonly control: Control;
  readonly news: Broadcast;
  readonly role: Role;
  /** Absent: one that gives nothing out that contexts would have to know of. */
  readonly gateway: string | undefined;
}

/** An order that stands, the newest snapshot, then the newest lease, at once and after each change. A slow follower skips to the newest. */
async function* watch({ control, news, role, gateway }: Watching, signal: AbortSignal): AsyncGenerator<Json> {
  let version = 0;
  let issuedAt = 0;
  let shown: string | undefined;
  const unfollow = gateway === undefined ? undefined : control.presence.follows(gateway);
  try {
    for await (const _ of news.watch(role, signal)) {
      const { order } = control.recovery;
      if (order !== undefined && order !== shown) {
        shown = order;
        yield { kind: 'order', bytes: order };
      }
      const snapshot = control.snapshots.current;
      if (snapshot !== undefined && snapshot.version > version) {
        version = snapshot.version;
        yield { kind: 'snapshot', ...snapshot.signed };
      }
      const lease = control.lease.current;
      if (lease !== undefined && lease.lease.issuedAt > issuedAt) {
        issuedAt = lease.lease.issuedAt;
        if (gateway !== undefined) control.presence.leased(gateway, lease.lease.expiresAt);
        yield { kind: 'lease', ...lease.signed };
      }
    }
  } finally {
    unfollow?.();
  }
}

async function applyState(state: SharedState, ask: z.infer<typeof STATE>): Promise<Json> {
  if (ask.op === 'get') return { value: (await state.get(ask.key)) ?? null };
  if (ask.op === 'setIfAbsent') return { taken: await state.setIfAbsent(ask.key, ask.value, ask.ttlMs) };
  if (ask.op === 'increment') return { sum: await state.increment(ask.key, ask.by, ask.ttlMs) };
  await (ask.op === 'set' ? state.set(ask.key, ask.value, ask.ttlMs) : state.delete(ask.key));
  return {};
}
