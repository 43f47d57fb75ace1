import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Rows } from '../../store/store.ts';
import type { Control } from '../control.ts';
import { readLease } from '../lease.ts';
import { whyStopped, type Stoppable } from '../servers/receipt.ts';
import { needStored, putStored } from '../stored.ts';
import { readApprovers } from './approvers.ts';
import { digestOfSubject } from './ask.ts';
import { endorseDestinations } from './endorse.ts';
import type { Use } from './schema.ts';
import { end, haveRisen, stateOf, wordOf, type Approval } from './words.ts';

const BY = 'sallyport|control';

/**
 * Uses an approval up for one exchange, in one transaction: of two gateways, or two retries, one gets it. Everything is looked
 * at again as it is now: that it is this very call, that the approvers are still who had to approve it, that the caller has read
 * nothing since that weighs more, and that nothing has stopped it. On record before it is used. Throws `ERR_KILLED`.
 */
export async function useApproval(control: Control, use: Use): Promise<Json> {
  const { id, exchange } = use;
  const digest = digestOfSubject(use.subject);
  const approval = await control.store.transaction((rows) => inTransaction(control, rows, use, digest));
  if (approval.body.state !== 'used' || approval.body.end?.exchange !== exchange) {
    return { ...wordOf(approval, control.now(), control.connections.parts.origin()) };
  }
  return { ...control.signApproval({ id, digest, exchange, usedAt: approval.body.end.at }) };
}

async function inTransaction(control: Control, rows: Rows, use: Use, digest: string): Promise<Approval> {
  const { subject: { space }, id, exchange } = use;
  const approval = await needStored(rows, 'approval', space, id);
  const now = control.now();
  if (approval.body.digest !== digest) {
    throw new SallyportError('ERR_CONFLICT', 'that approval is for another call', { remedy: 'Ask for one for this call.' });
  }
  const state = stateOf(approval, now);
  if (state === 'expired' && approval.body.state !== 'expired') {
    return end(control, rows, approval, 'approval.expired', { by: BY, at: now, reason: 'nobody used it in time' });
  }
  if (state !== 'granted') return approval;
  const stopped = whyStopped(await readLease(rows, 0, now, LIMITS.leaseMs), stoppable(use));
  if (stopped !== undefined) throw new SallyportError('ERR_KILLED', 'This call was stopped.', { remedy: 'Ask the security team.', internal: stopped });
  if (await haveRisen(rows, approval)) {
    return end(control, rows, approval, 'approval.withdrawn', { by: BY, at: now, reason: 'the caller has read more since it was approved' });
  }
  // Nobody's word counts for what is sent with a token that they made, whichever it was asked with.
  const credentials = [...new Set([...approval.body.credentials, ...use.standing.credentials])];
  const lacking = (await readApprovers(rows, space)).lacking({ ...approval, body: { ...approval.body, credentials } });
  if (lacking.length > 0) {
    // Somebody who approved it has left, or is not who may any more: others must.
    const body = { ...approval.body, state: 'pending' as const };
    await putStored(rows, 'approval', space, id, body, BY);
    return { ...approval, body };
  }
  const endorsed = await endorseDestinations(control, rows, approval, use.subject.params);
  return end(control, rows, approval, 'approval.used', { by: approval.body.principal.id, at: now, reason: 'its call was let through', exchange }, endorsed);
}

function stoppable({ subject, standing }: Use): Stoppable {
  const { space, server, resource, behind, principal, dispatchers, flow } = subject;
  return {
    space, server, tool: resource.name, principal: behind.id, caller: principal.id, agent: principal.agent,
    actors: [...principal.actors, behind.agent, ...behind.actors], dispatchers: dispatchers.map(({ name }) => name), flow,
    credentials: [...standing.credentials], issuedAt: standing.issuedAt,
  };
}
