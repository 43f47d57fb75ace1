import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { isArray } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { digestOf } from '../../registry/canonical.ts';
import type { Control } from '../control.ts';
import type { Admin, RawRequest, Route } from '../route.ts';
import { listStored, putStored } from '../stored.ts';
import { approvalsNeeded } from './second-person.ts';
import type { Proposal } from './schema.ts';

/** Who it was, as a proposal keeps it. What proved nothing can do nothing later either. */
export function whoOf({ id, proof }: Admin, at: number): Proposal['proposer'] {
  return { id, via: proof?.via ?? 'socket', kind: proof?.kind ?? 'workload', groups: [...(proof?.groups ?? [])], at };
}

/** The digest of exactly what was asked. */
export function digestOfRequest({ method, path, params, query, body }: Pick<Proposal, 'method' | 'path' | 'params' | 'query' | 'body'>): string {
  const json: Json = JSON.parse(JSON.stringify(body));
  return digestOf({ method, path, params, query, body: json });
}

/** Whether a request failed for want of a second person. The same code refuses an approver; only a wide change says why it is one. */
export function isWide(error: unknown): boolean {
  return error instanceof SallyportError && error.code === 'ERR_SECOND_PERSON' && isArray(error.data?.['reasons']);
}

/**
 * What a failed request throws. A wide one that nobody approved is stored, exactly as it was asked, for another person to
 * approve, and `ERR_PROPOSAL_STORED` says so; every other error stays what it is.
 */
export async function asProposal(
  error: unknown, route: Pick<Route, 'method' | 'path'>, raw: RawRequest, space: string, control: Control,
): Promise<unknown> {
  const given = isWide(error) && error instanceof SallyportError ? error.data?.['reasons'] : undefined;
  if (!(error instanceof SallyportError) || !isArray(given) || route.method === 'GET' || raw.admin.approvals !== undefined) return error;
  const { admin, params, query } = raw;
  const at = control.now();
  const id = Bun.randomUUIDv7();
  const reasons = given.filter((reason) => typeof reason === 'string');
  const request = { method: route.method, path: route.path, params, query, body: raw.body === undefined ? null : JSON.parse(JSON.stringify(raw.body)) };
  const digest = digestOfRequest(request);
  const proposal: Proposal = {
    ...request, digest, reasons: reasons.length === 0 ? [error.message] : reasons,
    proposer: whoOf(admin, at),
    expiresAt: at + LIMITS.proposalMs, state: 'open', approvals: [],
  };
  const open = (await listStored(control.store, 'proposal', space)).filter(({ body }) => body.state === 'open' && body.expiresAt > at);
  if (open.length >= LIMITS.proposalsOpenMax) return error;
  await control.record({
    event: 'proposal.stored', space, principal: admin.id, action: `${route.method} ${route.path}`, digest,
    detail: { id, reasons: proposal.reasons, via: proposal.proposer.via, roles: admin.roles ?? [] },
  });
  await putStored(control.store, 'proposal', space, id, proposal, admin.id);
  const others = approvalsNeeded(proposal.proposer.via) === 1 ? 'another administrator' : 'two administrators who signed in as themselves';
  return new SallyportError('ERR_PROPOSAL_STORED', `this takes two people (${proposal.reasons.join('; ')}): it waits as proposal ${id}`, {
    remedy: `Within 24 hours ${others} must run \`sallyport proposal approve ${id}${space === 'default' ? '' : ` --space ${space}`}\`.`,
    data: { proposal: id, digest },
  });
}
