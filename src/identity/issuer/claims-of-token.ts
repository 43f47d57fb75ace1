import type { AccessToken, ClientCredentials } from 'oidc-provider';
import type { IssuerParts } from './parts.ts';

/** Claims of ours in access tokens, besides those of RFC 9068. */
export const CLAIM_SPACE = 'io.sallyport/space';
/** The sign-in that the token came from: revoking it ends all that came from it. */
export const CLAIM_GRANT = 'io.sallyport/grant';

/** RFC 8693 section 4.1: who acts, outermost first, each around the one before. */
export interface Act {
  readonly sub: string;
  readonly act?: Act;
}

/** Through whom the subject of an exchanged token acts, and whether it is nobody's person. */
interface Delegation {
  readonly act: Act;
  readonly workload: boolean;
}

const delegations = new WeakMap<object, Delegation>();

/** Remembers it for a token that is being made. */
export function setDelegation(token: AccessToken, delegation: Delegation): void {
  delegations.set(token, delegation);
}

/** Said of a workload where the client is another than the subject: without it, whoever is acted for looks like a person. */
const OF_WORKLOAD = { idtyp: 'app' } as const;

/** Whether a token of ours is a workload's, by its claims. */
export function speaksForItself({ sub, client_id: client, idtyp }: Readonly<Record<string, unknown>>): boolean {
  return sub === client || idtyp === OF_WORKLOAD.idtyp;
}

/** What a token is made of, as far as it knows when its person signed in (epoch s). */
interface Sources {
  readonly AuthorizationCode?: { readonly authTime?: number | undefined } | undefined;
  readonly DeviceCode?: { readonly authTime?: number | undefined } | undefined;
  readonly RefreshToken?: { readonly authTime?: number | undefined } | undefined;
}

/** The claims of ours that a token for a route carries. */
export async function claimsOf(parts: IssuerParts, token: AccessToken | ClientCredentials, from: Sources = {}): Promise<Readonly<Record<string, unknown>>> {
  const resource = typeof token.aud === 'string' ? await parts.findResource(token.aud) : undefined;
  if (resource === undefined) return {};
  const { act, workload = false } = delegations.get(token) ?? {};
  const accountId = 'accountId' in token ? token.accountId : undefined;
  const { authTime } = from.AuthorizationCode ?? from.DeviceCode ?? from.RefreshToken ?? {};
  const account = accountId === undefined ? undefined : await parts.findAccount(accountId);
  return {
    [CLAIM_SPACE]: resource.space,
    ...('grantId' in token && typeof token.grantId === 'string' ? { [CLAIM_GRANT]: token.grantId } : {}),
    // RFC 9068 section 2.2.1: when the person signed in, however often the token was renewed since.
    ...(authTime === undefined ? {} : { auth_time: authTime }),
    ...(account === undefined ? {} : { groups: account.groups }),
    ...(act === undefined ? {} : { act: { ...act } }),
    ...(workload ? OF_WORKLOAD : {}),
  };
}
