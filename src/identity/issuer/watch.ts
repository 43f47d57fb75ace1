import { decodeJwt } from 'jose';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Happening } from '../../domain/happening.ts';
import { digestOf, fingerprintOf } from '../credential.ts';
import { CLAIM_SPACE } from './claims-of-token.ts';
import { networkOf } from '../network-of.ts';
import type { IssuerParts } from './parts.ts';
import { revokeStructured } from './revoke-structured.ts';

type Entry = Happening;
type Context = KoaContextWithOIDC & { body: unknown };

/** Endpoints where something can be guessed, or a token comes out. The pages' own sub-paths count with their endpoint. */
const LIMITED = ['authorize', 'token', 'revoke', 'par', 'device', 'register'] as const;

/** Where a client that has a credential must show it before anything else is looked at. Elsewhere it is only named. */
const AUTHENTICATING: readonly (string | undefined)[] = ['token', 'revocation', 'pushed_authorization_request', 'device_authorization'];

/**
 * Stands around every request: limits how often one address may ask and fail, records what was issued and refused before
 * the answer leaves (invariant 5), and makes the revocations of the request durable before that too. Refusals of whoever has
 * not authenticated become counts when there are many (invariant 10).
 */
export function watchProvider(provider: Provider, parts: IssuerParts, addressOf: (context: Context) => string): void {
  const revoked = new WeakMap<object, string[]>();
  const why = new WeakMap<object, string>();
  provider.on('grant.revoked', (context, grantId) => void revoked.set(context, [...(revoked.get(context) ?? []), grantId]));
  const note = (context: KoaContextWithOIDC, error: Error): void => void why.set(context, detailOf(error));
  provider.on('grant.error', note).on('authorization.error', note).on('revocation.error', note);
  provider.on('registration_create.error', note).on('device_authorization.error', note).on('pushed_authorization_request.error', note);
  provider.on('server_error', (context, error) => {
    why.set(context, 'server_error');
    parts.report(`the issuer failed: ${error.stack ?? error.message}`);
  });
  // oxlint-disable-next-line typescript/no-misused-promises -- Koa's middleware is a promise by contract
  provider.use(async (plain, next) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the provider adds `oidc` to it before any of its own endpoints run
    const context = plain as unknown as Context;
    const endpoint = LIMITED.find((one) => context.path === `/oauth/${one}` || context.path.startsWith(`/oauth/${one}/`));
    if (endpoint === undefined) {
      await next();
      return;
    }
    const address = addressOf(context);
    const network = networkOf(address);
    if (!(await mayAsk(parts, endpoint, network))) {
      await parts.refused({ ...refusal(endpoint, 'temporarily_unavailable', 'asked or failed too often'), address });
      tooOften(context, parts);
      return;
    }
    await next();
    try {
      for (const grantId of revoked.get(context) ?? []) await endGrant(parts, context, grantId);
      if (endpoint === 'revoke' && await revokeStructured(context, parts)) why.delete(context);
      const entry = entryOf(context, why.get(context));
      const isStranger = entry?.event === 'token.refused' && !isAuthenticated(context, entry.code);
      if (entry !== undefined) await parts[isStranger ? 'refused' : 'record']({ ...entry, address });
    } catch (fault) {
      parts.report(`the issuer could not record: ${fault instanceof Error ? fault.message : 'unknown'}`);
      context.status = 503;
      context.body = { error: 'temporarily_unavailable' };
    }
    if (context.status >= 400) await countFailure(parts, network);
  });
}

async function endGrant(parts: IssuerParts, context: Context, grantId: string): Promise<void> {
  const { route, client } = context.oidc;
  const reason = route === 'revocation' ? 'revoked by its client' : 'a code or refresh token was used twice';
  await parts.revoke({ credential: `${parts.origin}|${grantId}`, reason });
  await parts.record({
    event: 'token.revoked', space: DEFAULT_SPACE, reason, detail: { grant: digestOf(grantId).slice(0, 16), client: client?.clientId ?? null },
  });
}

/** What a finished request amounts to, if anything. */
function entryOf(context: Context, detail: string | undefined): Entry | undefined {
  const { oidc } = context;
  // The request ended before any endpoint of the provider began.
  if (oidc === undefined) return undefined;
  const client = oidc.client?.clientId ?? nameOf(oidc.params?.['client_id']);
  const body = readBody(context.body);
  if (oidc.route === 'token' && context.status === 200 && body.token !== undefined) return issued(body.token, oidc.params?.['grant_type']);
  if (oidc.route === 'registration' && context.status === 201) {
    return { event: 'client.changed', space: DEFAULT_SPACE, action: 'client.register', detail: { client: client ?? null } };
  }
  const refused = detail ?? (context.status >= 400 ? body.error : undefined);
  if (refused === undefined || context.status === 503) return undefined;
  // A device that polls is no refusal.
  if (body.error === 'authorization_pending' || body.error === 'slow_down') return undefined;
  return { ...refusal(oidc.route, body.error ?? 'refused', refused), detail: { client: client ?? null } };
}

function refusal(action: string, code: string, reason: string): Entry {
  return { event: 'token.refused', space: DEFAULT_SPACE, action, code, reason };
}

/** Whether the client had shown its credential before it was refused; in doubt it had not. */
function isAuthenticated({ oidc, headers }: Context, code: string | undefined): boolean {
  const method = oidc.client?.clientAuthMethod;
  if (method === undefined || method === 'none' || code === 'invalid_client' || !AUTHENTICATING.includes(oidc.route)) return false;
  // With these, which nobody needs here, the library refuses a client that is only named by another code than `invalid_client`.
  return headers['oauth-client-attestation'] === undefined && headers['oauth-client-attestation-pop'] === undefined;
}

function issued(token: string, grantType: unknown): Entry {
  const claims = decodeJwt(token);
  const text = (name: string): string | undefined => nameOf(claims[name]);
  return {
    event: 'token.issued', space: text(CLAIM_SPACE) ?? DEFAULT_SPACE, principal: `${claims.iss ?? ''}|${claims.sub ?? ''}`, action: String(grantType),
    detail: {
      client: text('client_id') ?? null, audience: text('aud') ?? null, scope: text('scope') ?? '', credential: claims.jti ?? null,
      fingerprint: fingerprintOf(token), expiresAt: (claims.exp ?? 0) * 1000, bound: claims['cnf'] !== undefined,
      ...(claims['act'] === undefined ? {} : { actors: actorsOf(claims['act']) }),
    },
  };
}

function actorsOf(act: unknown): readonly string[] {
  if (typeof act !== 'object' || act === null) return [];
  const { sub, act: inner } = membersOf(act);
  return [nameOf(sub) ?? '', ...actorsOf(inner)];
}

function readBody(body: unknown): { readonly token?: string | undefined; readonly error?: string | undefined } {
  const { access_token: token, error } = membersOf(body);
  return { token: nameOf(token), error: nameOf(error) };
}

/** The library's own words about what was wrong; for the record, never for the client. Values of the request are not in them. */
function detailOf(error: Error): string {
  const { error_detail: detail, error_description: description } = membersOf(error);
  return (nameOf(detail) ?? nameOf(description) ?? error.message).slice(0, 300);
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function nameOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value.slice(0, 4096) : undefined;
}

async function mayAsk({ state }: IssuerParts, endpoint: string, network: string): Promise<boolean> {
  const windowMs = LIMITS.issuerWindowMs;
  const asked = await state.increment(`oauth/asked/${endpoint}/${network}`, 1, windowMs);
  if (asked > LIMITS.issuerRequestsPerWindowMax) return false;
  return Number(await state.get(`oauth/failed/${network}`) ?? 0) < LIMITS.issuerFailuresPerWindowMax;
}

async function countFailure({ state }: IssuerParts, network: string): Promise<void> {
  await state.increment(`oauth/failed/${network}`, 1, LIMITS.issuerWindowMs);
}

function tooOften(context: Context, parts: IssuerParts): void {
  context.status = 429;
  context.set('retry-after', String(LIMITS.issuerWindowMs / 1000));
  if (context.accepts('json', 'html') === 'html') {
    context.type = 'html';
    context.body = parts.pages.failure('temporarily_unavailable');
    return;
  }
  context.body = { error: 'temporarily_unavailable' };
}
