import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import type { Happening } from '../../domain/happening.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { REGISTRY_PRINCIPAL_ID } from '../../domain/principal.ts';
import type { CredentialSpec, Effect, Keep } from '../../domain/server.ts';
import { EFFECTS } from '../../domain/server.ts';
import type { Released as Shown } from '../../upstream/credentials/leases.ts';
import { endOf, isExpired } from '../../vault/keep.ts';
import type { Receipt } from '../audit/reader.ts';
import type { Control } from '../control.ts';
import { findStored, needStored } from '../stored.ts';
import { referencesIn, referencesOf } from '../vault/findings.ts';
import { expired, missing } from '../vault/resolve.ts';
import { versionId } from '../vault/secrets.ts';
import { checkSwitches, needReceipt, useReceipt } from './receipt.ts';
import type { StoredServer } from './schema.ts';

const TEXT = z.string().max(4096);

/** What a gateway asks. Who calls and what stands in the ledger's receipt; what is claimed here must be the same. */
export const RELEASE = z.strictObject({
  space: TEXT,
  server: TEXT,
  exchange: z.string().max(64).exactOptional(),
  principal: TEXT.exactOptional(),
  agent: TEXT.exactOptional(),
  actors: z.array(TEXT).max(10).exactOptional(),
  effect: z.enum(EFFECTS).exactOptional(),
  /** A reference of the server's launch; absent: its credential. */
  secret: TEXT.exactOptional(),
  /** What the server said when it refused what it was shown, and hex SHA-256 of that. */
  challenge: TEXT.exactOptional(),
  refused: z.string().regex(/^[0-9a-f]{64}$/).exactOptional(),
});
export type ReleaseAsk = z.infer<typeof RELEASE>;

/** A lease of one credential, for one caller's call of one server; `secret`: what a launch refers to. */
type Released = Shown | { readonly kind: 'secret'; readonly value: string; readonly expiresAt: number; readonly id?: string };

/** What an OAuth credential is obtained for; all of it out of the receipt and the store. */
export interface Obtaining {
  readonly server: string;
  readonly stored: StoredServer;
  readonly receipt: Receipt;
  readonly effect: Effect | undefined;
  readonly challenge: string | undefined;
  readonly refused: string | undefined;
}

export type Obtain = (control: Control, wanted: Obtaining) => Promise<Shown>;

/**
 * Releases ONE credential of one server to the gateway that has the ledger's receipt for a permitted call of it. Nothing but
 * what the server's entry declares, to nobody who was stopped, no faster than is plausible; recorded before it leaves. Throws
 * `ERR_RELEASE_REFUSED`, `ERR_RELEASE_RATE`, `ERR_SERVER_*`, `ERR_SECRET_EXPIRED`, `ERR_UPSTREAM_CREDENTIAL`, `ERR_PROVIDER_FAILED`,
 * `ERR_VAULT_*`; never says a secret.
 */
export async function releaseCredential(control: Control, obtain: Obtain, ask: ReleaseAsk): Promise<JsonObject> {
  let receipt: Receipt | undefined;
  try {
    receipt = await needReceipt(control, ask);
    const { body } = await needStored(control.store, 'server', ask.space, ask.server);
    checkStatus(ask.server, body, receipt);
    checkSwitches(control.lease.current?.lease, receipt, control.now());
    const reference = declaredReference(ask, body);
    control.releases.admit(ask.space, ask.server, receipt.node);
    await useReceipt(control, receipt, ask);
    const released = reference === undefined
      ? await obtain(control, await obtaining(control, ask, body, receipt))
      : await readStatic(control, ask, body, reference);
    await record(control, 'credential.released', ask, receipt, { kind: released.kind, ...describe(released, reference) });
    return { ...released };
  } catch (fault) {
    await control.releases.refused(refusalOf(fault, ask, receipt));
    throw fault;
  }
}

/** Only the registry's own workload looks at a server before it is approved; nobody reaches one in quarantine. */
function checkStatus(server: string, { status }: StoredServer, { principal }: Receipt): void {
  if (status === 'quarantined') {
    throw new SallyportError('ERR_SERVER_QUARANTINED', `server ${server} is in quarantine`, {
      remedy: 'An administrator lifts it with: sallyport server approve',
    });
  }
  if (status !== 'approved' && principal !== REGISTRY_PRINCIPAL_ID) {
    throw new SallyportError('ERR_SERVER_NOT_APPROVED', `server ${server} is not approved`, {
      remedy: 'An administrator approves it with: sallyport server approve',
    });
  }
}

/**
 * The one reference that is to be read; undefined for credentials that are obtained. A gateway that was broken into cannot ask
 * for files and variables that the server's entry does not name.
 */
function declaredReference({ server, secret }: ReleaseAsk, body: StoredServer): string | undefined {
  const { credentials, endpoint } = body;
  if (secret === undefined && credentials.type !== 'none') return isStatic(credentials) ? credentials.secret : undefined;
  const inLaunch = endpoint.transport === 'stdio' && secret !== undefined && referencesIn(endpoint.launch).includes(secret);
  const own = isStatic(credentials) && credentials.secret === secret;
  if (secret !== undefined && (inLaunch || own) && referencesOf(body).includes(secret)) return secret;
  throw new SallyportError('ERR_UPSTREAM_CREDENTIAL', `server ${server} declares no such secret`, {
    remedy: 'Declare it under the server\'s credentials or env.',
  });
}

type StaticSpec = Extract<CredentialSpec, Keep & { readonly type: 'header' | 'mtls' }>;

function isStatic(spec: CredentialSpec): spec is StaticSpec {
  return spec.type === 'header' || spec.type === 'mtls';
}

async function readStatic(control: Control, ask: ReleaseAsk, { credentials }: StoredServer, reference: string): Promise<Released> {
  const now = control.now();
  const spec = isStatic(credentials) && credentials.secret === reference ? credentials : undefined;
  if (spec !== undefined && isExpired(spec, now)) throw expired(`the credential of server ${ask.server}`, spec.expires);
  const { value, version, ttlMs, expires } = await control.vault.read(ask.space, reference);
  const until = [spec?.expires, expires].map((date) => (date === undefined ? Number.POSITIVE_INFINITY : endOf(date)));
  const expiresAt = Math.min(now + Math.min(LIMITS.credentialLeaseMs, ttlMs ?? LIMITS.credentialLeaseMs), ...until);
  const lease = { expiresAt, ...(version === undefined ? {} : { id: versionId(ask.space, reference.slice('vault:'.length), version) }) };
  // A line break in a header's value would be a second header; a variable of a process, or a PEM, may hold one.
  if (!(spec?.type === 'header' ? HEADER_VALUE : VARIABLE_VALUE).test(value)) throw missing(reference);
  if (spec === undefined) return { kind: 'secret', value, ...lease };
  if (ask.refused !== undefined && ask.refused === digest(value)) return { kind: 'none', expiresAt: now };
  return spec.type === 'header' ? { kind: 'header', name: spec.header, value, ...lease } : { kind: 'certificate', pem: value, ...lease };
}

const HEADER_VALUE = /^[\x20-\x7E\x80-\xFF]+$/;
const VARIABLE_VALUE = /^[^\0]+$/;

/** The effect is the approved tool's own: a gateway can't widen the scopes that are asked for by claiming another. */
async function obtaining({ store }: Control, ask: ReleaseAsk, stored: StoredServer, receipt: Receipt): Promise<Obtaining> {
  const baseline = await findStored(store, 'baseline', ask.space, ask.server);
  const tool = baseline?.body.surface.tools.find(({ name }) => name === receipt.tool);
  return { server: ask.server, stored, receipt, effect: tool?.effect, challenge: ask.challenge, refused: ask.refused };
}

async function record(control: Control, event: 'credential.released', ask: ReleaseAsk, receipt: Receipt, detail: JsonObject): Promise<void> {
  const { space, exchange, agent, actors, tool, node } = receipt;
  await control.record({
    event, space, exchange, ...whoIn(receipt), agent, server: ask.server, ...(actors.length === 0 ? {} : { actors }), ...(tool === undefined ? {} : { tool }),
    detail: { node, ...detail },
  });
}

/** With what they are, without which a workload would be hidden like a person. */
function whoIn({ principal, kind }: Receipt): Pick<Happening, 'principal' | 'principalKind'> {
  return { principal, ...(kind === '' ? {} : { principalKind: kind }) };
}

function describe(released: Released, reference: string | undefined): { readonly [field: string]: Json } {
  return {
    ...(reference === undefined ? {} : { secret: reference }), ...('expiresAt' in released ? { expiresAt: released.expiresAt } : {}),
    ...('id' in released && released.id !== undefined ? { id: released.id } : {}),
  };
}

function refusalOf(fault: unknown, ask: ReleaseAsk, receipt: Receipt | undefined): Parameters<Control['releases']['refused']>[0] {
  const { code, message, internal } = fault instanceof SallyportError ? fault : { code: 'ERR_INTERNAL', message: 'something broke', internal: undefined };
  const who = receipt === undefined ? {} : { ...whoIn(receipt), agent: receipt.agent };
  return {
    space: ask.space, server: ask.server, code, reason: message, ...who, ...(ask.exchange === undefined ? {} : { exchange: ask.exchange }),
    detail: { ...(internal === undefined ? {} : { why: internal }), ...(receipt === undefined ? {} : { node: receipt.node }) },
  };
}

function digest(text: string): string {
  return new Bun.CryptoHasher('sha256').update(text).digest('hex');
}
