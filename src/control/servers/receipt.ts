import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { TRANSPORT_METHODS } from '../../domain/message.ts';
import type { Killed, Lease } from '../../domain/snapshot.ts';
import type { Receipt } from '../audit/reader.ts';
import type { Control } from '../control.ts';
import type { ReleaseAsk } from './release.ts';

/** Calls that stay open for hours and may have to reach their server anew. */
const STANDING: ReadonlySet<string> = new Set([TRANSPORT_METHODS.stream, 'subscriptions/listen']);
/** How long a call that was given a credential may ask for it again while it is open. */
const MARK_MS = 6 * LIMITS.credentialLeaseMs;
/** A server may refuse what it was shown, and refuse the next: then the call fails. */
const REFUSALS_MAX = 3;

/**
 * The ledger's receipt for the permitted call that a credential is wanted for (invariant 8): what is asked must be what was
 * permitted, to that caller, on that server, just now, and its call still open. Throws `ERR_RELEASE_REFUSED`.
 */
export async function needReceipt({ ledger }: Pick<Control, 'ledger'>, ask: ReleaseAsk): Promise<Receipt> {
  const receipt = ask.exchange === undefined ? undefined : await ledger.receipt(ask.exchange);
  if (receipt === undefined || receipt.role !== 'gateway') throw refusal('no open call is known by that exchange');
  if (receipt.space !== ask.space || receipt.server !== ask.server) throw refusal('the call was permitted on another server');
  const { principal, agent, actors } = receipt;
  const claimed = [ask.principal ?? principal, ask.agent ?? agent, ...(ask.actors ?? actors)];
  if (!Bun.deepEquals(claimed, [principal, agent, ...actors])) throw refusal('the call was permitted to somebody else');
  return receipt;
}

/**
 * A receipt is good for each secret once, soon after the permit. While its call is open it is good again after half of the
 * credential's lease; and again at once where the server refused what it was shown. Throws `ERR_RELEASE_REFUSED`.
 */
export async function useReceipt({ state, now }: Pick<Control, 'state' | 'now'>, receipt: Receipt, ask: ReleaseAsk): Promise<void> {
  const key = `release/${receipt.exchange}/${new Bun.CryptoHasher('sha256').update(ask.secret ?? '').digest('hex').slice(0, 32)}`;
  if (ask.refused !== undefined) {
    const isKnown = (await state.get(key)) !== undefined;
    if (isKnown && await state.increment(`${key}/refused`, 1, MARK_MS) <= REFUSALS_MAX) return;
    // One that is shown from another call's lease was never released to this one.
    if (isKnown || receipt.ageMs > LIMITS.receiptFreshMs) throw refusal('the receipt was used already');
  }
  const isFresh = receipt.ageMs <= LIMITS.receiptFreshMs || STANDING.has(receipt.method ?? '');
  if (isFresh && await state.setIfAbsent(key, String(now()), MARK_MS)) return;
  const releasedAt = Number(await state.get(key));
  if (Number.isNaN(releasedAt)) throw refusal('the call was permitted too long ago');
  if (now() - releasedAt < LIMITS.credentialLeaseMs / 2) throw refusal('the receipt was used already');
  await state.set(key, String(now()), MARK_MS);
}

/**
 * Everything that ends a call at the gateway (`switchedOff` in gateway/guard.ts) ends what is released for it, as far as the
 * receipt tells: a gateway that was broken into does not look itself. Without a lease nothing is decided. Throws `ERR_RELEASE_REFUSED`.
 */
export function checkSwitches(lease: Lease | undefined, receipt: Receipt, now: number): void {
  if (lease === undefined || lease.expiresAt <= now) throw refusal('control has no lease of its own');
  const why = whyStopped(lease, receipt);
  if (why !== undefined) throw refusal(why);
}

/** What of a call says which switches and revocations end it. */
export type Stoppable = Pick<
  Receipt, 'space' | 'server' | 'tool' | 'principal' | 'caller' | 'agent' | 'actors' | 'dispatchers' | 'flow' | 'credentials' | 'issuedAt'
>;

/** Which switch or revocation ends a call; undefined: none does. */
export function whyStopped(lease: Lease, call: Stoppable): string | undefined {
  if (isKilled(call, lease.killed)) return 'a kill switch is on';
  const { revokedCredentials, revokedPrincipals, principalsNotBefore = {}, agentsNotBefore = {}, spacesNotBefore = {} } = lease;
  const callers = [call.principal, call.caller].map((id) => `${call.space}/${id}`);
  if (callers.some((caller) => revokedPrincipals.includes(caller))) return 'the caller was deactivated';
  if (callers.some((caller) => call.issuedAt <= (principalsNotBefore[caller] ?? -1))) return 'the caller was deactivated since the token was issued';
  const ofAgents = [call.agent, ...call.actors].map((agent) => agentsNotBefore[`${call.space}/${agent}`]);
  const notBefore = [spacesNotBefore[call.space], spacesNotBefore['*'], ...ofAgents];
  if (notBefore.some((at) => call.issuedAt <= (at ?? -1))) return 'what was issued until then was ended';
  return call.credentials.some((id) => revokedCredentials.includes(id)) ? 'the caller\'s credential was revoked' : undefined;
}

function isKilled({ space, server = '', tool = '', principal, caller, agent, actors, dispatchers, flow }: Stoppable, killed: Killed): boolean {
  const on = (ids: readonly string[], names: readonly string[]): boolean => names.some((name) => ids.includes(`${space}/${name}`));
  if (killed.all || (killed.spaces ?? []).includes(space)) return true;
  return on(killed.servers, [server]) || on(killed.principals, [principal, caller]) || on(killed.agents, [agent, ...actors])
    || on(killed.tools, [tool, ...dispatchers].map((name) => `${server}/${name}`)) || on(killed.contexts, [flow]);
}

function refusal(why: string): SallyportError {
  return new SallyportError('ERR_RELEASE_REFUSED', 'no credential is released for this call', {
    remedy: 'Call again; if it goes on, look at the refusals: sallyport audit --event credential.refused', internal: why,
  });
}
