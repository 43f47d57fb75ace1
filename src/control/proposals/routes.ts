import { SallyportError } from '../../domain/errors.ts';
import { isObject } from '../../domain/json.ts';
import type { Json } from '../../domain/json.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { listStored, needStored, putStored } from '../stored.ts';
import type { Stored } from '../stored.ts';
import { PROPOSAL_SHOWN, PROPOSALS } from './answer.ts';
import { approveProposal } from './approve.ts';
import { stateNow } from './outcome.ts';
import { APPROVE_PROPOSAL, REJECT_PROPOSAL } from './schema.ts';
import type { Proposal } from './schema.ts';

export const proposalRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/proposals', access: 'read', reach: 'space', answer: PROPOSALS,
    summary: 'Wide actions that wait for a second person, and what became of earlier ones: done, failed, rejected, expired, or unfinished',
    act: async ({ space }, { store, now }) => ({ proposals: (await listStored(store, 'proposal', space)).map((one) => summarize(one, now())) }),
  }),
  route({
    method: 'GET', path: '/proposals/:id', summary: 'A proposal whole: exactly what would be done, and what came of it', access: 'read', reach: 'space',
    answer: PROPOSAL_SHOWN,
    act: async ({ space, params }, { store, now }) => presentProposal(await needStored(store, 'proposal', space, params['id'] ?? ''), now()),
  }),
  route({
    method: 'POST', path: '/proposals/:id/approve',
    summary: 'Approve what somebody else proposed; with the last approval it is done at once, or refused for good with the error of what it asked',
    access: 'approve', reach: 'space', body: APPROVE_PROPOSAL,
    act: ({ admin, space, params, body, signal }, control) => approveProposal({ admin, space, id: params['id'] ?? '', digest: body.digest, signal }, control),
  }),
  route({
    method: 'POST', path: '/proposals/:id/reject', summary: 'Reject a proposal, or take one\'s own back',
    access: 'approve', reach: 'space', body: REJECT_PROPOSAL,
    act: async ({ admin, space, params, body }, control) => {
      const id = params['id'] ?? '';
      const at = control.now();
      return control.store.transaction(async (rows) => {
        const proposal = await needStored(rows, 'proposal', space, id);
        if (proposal.body.state !== 'open') {
          throw new SallyportError('ERR_CONFLICT', 'this proposal is no longer open', { remedy: 'See `sallyport proposal list`.' });
        }
        const next: Proposal = { ...proposal.body, state: 'rejected', rejection: { by: admin.id, at, reason: body.reason } };
        await control.record({ event: 'proposal.rejected', space, principal: admin.id, digest: next.digest, detail: { id, reason: body.reason } });
        await putStored(rows, 'proposal', space, id, next, admin.id);
        return presentProposal({ ...proposal, body: next }, at);
      });
    },
  }),
];

function summarize(proposal: Stored<Proposal>, now: number): Json {
  const { body: _, ...rest } = presentProposal(proposal, now);
  return rest;
}

function presentProposal({ id, body: proposal }: Stored<Proposal>, now: number): { readonly [key: string]: Json } {
  return JSON.parse(JSON.stringify({ id, ...proposal, body: withoutHashes(proposal.body), state: stateNow(proposal, now) }));
}

/** A hash can be guessed at by whoever sees it, and tells an approver nothing; the digest covers it all the same. */
function withoutHashes(body: Json): Json {
  return isObject(body) && body['passwordHash'] !== undefined ? { ...body, passwordHash: 'a password is set' } : body;
}
