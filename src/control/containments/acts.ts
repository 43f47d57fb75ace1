import { SallyportError } from '../../domain/errors.ts';
import type { ContainmentVerb } from '../../domain/containment.ts';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { join, LOST } from '../../flow/labels.ts';
import type { Rows } from '../../store/store.ts';
import { makeBundle, type BundleScope } from '../audit/bundle.ts';
import { listConsents } from '../consents/consents.ts';
import { afterReset } from '../contexts/visit.ts';
import type { By, Control } from '../control.ts';
import { placeHold } from '../holds/place.ts';
import { addRevocation } from '../revocations/revocations.ts';
import { endSessionsOf } from '../sign-in/session.ts';
import { findStored, listStored, needStored, putStored } from '../stored.ts';
import { currentOf, revokeVersion, versionId } from '../vault/secrets.ts';
import { serversOf } from './active.ts';
import { rollBackPin } from './pin.ts';
import { mayEverywhere } from './reach.ts';
import type { Result, StoredContainment } from './schema.ts';
import { page, tellVendor } from './tell.ts';
import { contextsOf } from './touched.ts';

/** What an act came to. `answer`: for who asked alone, not kept. */
interface Outcome {
  readonly result: Result;
  readonly answer?: Json;
}
export type Act = (control: Control, by: By, containment: StoredContainment) => Promise<Outcome>;

/** What of a secret is held, by the name that records and leases have for it; a standing containment keeps it. */
export async function prepare(rows: Rows, space: string, { verb, scope }: StoredContainment): Promise<Result | undefined> {
  if (verb !== 'rotate-secret') return undefined;
  const { body } = await needStored(rows, 'secret', space, scope.name);
  // A secret that a provider holds has no version that we know: all that comes of it is held until a person lifts this.
  const version = currentOf(body)?.version;
  return { holds: version === undefined ? `vault|${space}/${scope.name}` : versionId(space, scope.name, version) };
}

const revokeTokens: Act = async (control, { admin, space }, { scope: { target, name }, reason }) => {
  const now = control.now();
  if (target === 'credential') {
    const until = now + LIMITS.grantMs;
    await control.record({ event: 'token.revoked', space, principal: admin.id, reason, detail: { credential: name, until } });
    await addRevocation(control, { credential: name, reason: reason.slice(0, 300), until }, admin.id);
  }
  const spaceOf = target === 'all' ? undefined : space;
  const tokens = (await listStored(control.store, 'token', spaceOf)).filter(({ id, body }) => body.revokedAt === undefined && body.expiresAt > now
    && (target === 'all' || target === 'space' || body.agent === (target === 'agent' ? name : '') || id === name || `sallyport|${body.subject}` === name));
  // Everything else that was issued until now ends by its time, in every lease (`readStops`).
  for (const of of new Set(tokens.map((token) => token.space))) {
    const what = { resource: 'token', id: `${target} ${name}`.trim(), verb: 'revoke', detail: { tokens: tokens.length } };
    await control.change({ admin: { ...admin, ...(target === 'all' ? { organisation: true } : {}) }, space: of }, what, async (rows) => {
      for (const { id, space: home } of tokens.filter((one) => one.space === of)) {
        const token = await findStored(rows, 'token', home, id);
        if (token !== undefined) await putStored(rows, 'token', home, id, { ...token.body, revokedAt: token.body.revokedAt ?? now }, admin.id);
      }
    });
  }
  // Sign-ins and grants are no space's: who may stop in one alone ends what was issued there.
  const grants = target === 'principal' && mayEverywhere({ admin, space }) ? await endGrantsOf(control, admin.id, name, reason) : 0;
  return { result: { tokens: tokens.length, grants } };
};

/** Sessions at our own door, and what programs were granted there: they would be given new tokens. How many grants. */
async function endGrantsOf(control: Control, by: string, principal: string, reason: string): Promise<number> {
  const now = control.now();
  const at = principal.indexOf('|');
  const [issuer, person] = [principal.slice(0, at), principal.slice(at + 1)];
  await endSessionsOf(control, person);
  const grants = (await listConsents(control.store, now, person)).flatMap(({ body }) => body.grants);
  for (const grant of grants) {
    await addRevocation(control, { credential: `${issuer}|${grant}`, reason: reason.slice(0, 300), until: now + LIMITS.grantMs }, by);
  }
  return grants.length;
}

const revokeCredential: Act = async (control, by, containment) => {
  const { space, admin } = by;
  const { target, name } = containment.scope;
  const secret = target === 'credential' ? await findStored(control.store, 'secret', space, name) : undefined;
  const servers = await serversOf(control.store, { space, body: containment });
  const ending = (await listStored(control.store, 'connection', space)).filter(({ id, body }) => body.state !== 'revoked' && (
    servers?.includes(body.server) === true || (target === 'principal' && body.principal === name) || (target === 'agent' && body.agent === name)
    || (target === 'credential' && id === name)));
  if (target === 'credential' && secret === undefined && ending.length === 0) {
    throw new SallyportError('ERR_NOT_FOUND', `there is no secret and no connected account "${name}"`, {
      remedy: 'See `sallyport vault list` and `sallyport connection list`.',
    });
  }
  for (const connection of ending) await control.connections.end(connection, admin.id);
  const version = secret === undefined ? undefined : currentOf(secret.body)?.version;
  if (version !== undefined) {
    await revokeVersion(control, by, name, version);
    await control.known.tend();
  }
  return { result: { connections: ending.length, ...(version === undefined ? {} : { secret: name, version }) } };
};

/** Dropped, a context begins anew as one of which nothing is known: what its agent remembers is not gone with it. */
function contextsAs(verb: 'drop' | 'taint'): Act {
  return async (control, { admin, space }, { scope, reason }) => {
    const now = control.now();
    const contexts = await contextsOf(control.store, space, scope);
    if (contexts.length === 0) {
      throw new SallyportError('ERR_NOT_FOUND', 'there is no such flow context', { remedy: 'See `sallyport context list`.' });
    }
    await control.store.transaction(async (rows) => {
      for (const { id } of contexts) {
        const found = await findStored(rows, 'context', space, id);
        if (found === undefined) continue;
        const body = verb === 'taint' ? found.body : afterReset(found.body, now);
        if (verb === 'drop') {
          const { principal, agent, generation } = found.body;
          await control.record({
            event: 'context.ended', space, principal: 'sallyport|control', agent, reason, detail: { context: id, why: 'dropped', generation, of: principal },
          });
          await rows.flow.clear(space, id);
        }
        await putStored(rows, 'context', space, id, { ...body, labels: join(body.labels, LOST), gaps: true }, admin.id);
      }
    });
    return { result: { contexts: contexts.length } };
  };
}

const holdEvidence: Act = async (control, by, { scope: { target, name }, reason }) => {
  const what = target === 'space' ? {} : { [target === 'principal' ? 'person' : target]: name };
  return { result: { hold: await placeHold(control, by, what, reason) } };
};

/** How long before its first signal an incident began, at the most, where no flow context is known. */
const BEFORE_MS = 5 * 60_000;
const CONTEXTS_MAX = 20;
const EXCHANGES_MAX = 100;

/** The records with their proofs; and holds, so that the same can be made again whatever retention says. */
const bundleEvidence: Act = async (control, by, { scope: { target, name }, incident, reason }) => {
  const about = target === 'incident' ? (await needStored(control.store, 'incident', by.space, name)).body : undefined;
  const contexts = about === undefined ? [name] : (about.subjects.context ?? []).slice(0, CONTEXTS_MAX);
  const exchanges = [...new Set((about?.timeline ?? []).flatMap(({ exchange }) => exchange ?? []))].slice(0, EXCHANGES_MAX);
  const of = incident ?? (target === 'incident' ? name : undefined);
  const bundle = (scope: Omit<BundleScope, 'incident'>): ReturnType<typeof makeBundle> =>
    makeBundle(control, { admin: by.admin, space: by.space, reveal: false }, { ...(of === undefined ? {} : { incident: of }), ...scope });
  const around = contexts.length > 0 || about === undefined ? { contexts, exchanges }
    : { contexts, exchanges: [], since: about.firstAt - BEFORE_MS, until: control.now() + 1 };
  // Where that is more than one bundle holds, what raised the incident: the rest is held where it has a context, and asked for in parts.
  const files = await bundle(around).catch((error: unknown) => {
    if (error instanceof SallyportError && error.code === 'ERR_REQUEST_INVALID' && exchanges.length > 0) return bundle({ contexts: [], exchanges });
    throw error;
  });
  // The same again finds them held: who ends a hold needn't end it as often as a bundle was made.
  const held = new Set((await listStored(control.store, 'hold', by.space)).map(({ body }) => body.context));
  for (const context of contexts) if (!held.has(context)) await placeHold(control, by, { context }, reason);
  return { result: { files: files.size, held: contexts.length }, answer: { files: Object.fromEntries(files) } };
};

/** What is done once, when it is asked for. What stands is no act, and is done by the row that it leaves (`standing.ts`). */
export const ACTS: Readonly<Partial<Record<ContainmentVerb, Act>>> = {
  'revoke-tokens': revokeTokens, 'revoke-credential': revokeCredential, 'drop-context': contextsAs('drop'), 'taint-context': contextsAs('taint'),
  'rollback-pin': async (control, by, { scope, digest, reason }) => ({ result: await rollBackPin(control, by, scope.name, digest, reason) }),
  'legal-hold': holdEvidence, 'evidence-bundle': bundleEvidence,
  page: async (...asked) => ({ result: await page(...asked) }), 'notify-vendor': async (...asked) => ({ result: await tellVendor(...asked) }),
};
