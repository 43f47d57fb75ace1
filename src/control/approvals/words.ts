import type { ApprovalState, ApprovalWord } from '../../domain/approval.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Rows } from '../../store/store.ts';
import { covers } from '../../flow/labels.ts';
import { UNLABELLED, type Labels } from '../../domain/server.ts';
import { findStored, putStored, type Stored } from '../stored.ts';
import type { Control } from '../control.ts';
import type { StoredApproval } from './schema.ts';

export type Approval = Stored<StoredApproval>;

/** What control needs to keep approvals. */
export type Keeping = Pick<Control, 'store' | 'record' | 'now'>;

const OPEN: ReadonlySet<ApprovalState> = new Set(['pending', 'granted']);

/** Whether it may still come to a call. */
export function isOpen({ body }: Approval, now: number): boolean {
  return OPEN.has(body.state) && body.expiresAt > now;
}

/** `expired` is what an open one becomes by itself. */
export function stateOf({ body }: Approval, now: number): ApprovalState {
  return OPEN.has(body.state) && body.expiresAt <= now ? 'expired' : body.state;
}

/** The last approval that was asked for a digest. */
export async function findOf(rows: Rows, space: string, digest: string): Promise<Approval | undefined> {
  const of = await findStored(rows, 'approval-of', space, digest);
  return of === undefined ? undefined : findStored(rows, 'approval', space, of.body.id);
}

/** What the caller's flow context carries at this moment. */
export async function labelsNow(rows: Rows, space: string, flow: string): Promise<Labels> {
  return (await findStored(rows, 'context', space, flow))?.body.labels ?? UNLABELLED;
}

/** Whether the caller has read something since that weighs more than what the approvers were told of. */
export async function haveRisen(rows: Rows, { space, body }: Approval): Promise<boolean> {
  return !covers(body.labels, await labelsNow(rows, space, body.flow));
}

type EndEvent = 'approval.denied' | 'approval.expired' | 'approval.used' | 'approval.withdrawn';
type End = NonNullable<StoredApproval['end']>;
const ENDED: Readonly<Record<EndEvent, ApprovalState>> = {
  'approval.denied': 'denied', 'approval.expired': 'expired', 'approval.used': 'used', 'approval.withdrawn': 'withdrawn',
};

/** Ends it: on record first, then so (invariant 5). Only in a transaction that has just read it. */
export async function end(
  keeping: Pick<Control, 'record'>, rows: Rows, approval: Approval, event: EndEvent, how: End, endorsed: readonly string[] = [],
): Promise<Approval> {
  const { exchange } = how;
  await keeping.record({
    ...factsOf(approval), event, principal: how.by, ...(exchange === undefined ? {} : { exchange }),
    reason: how.reason,
    detail: {
      id: approval.id, resource: 'approval', of: approval.body.principal.id, ageMs: how.at - approval.body.askedAt,
      ...(endorsed.length === 0 ? {} : { endorsed: [...endorsed] }),
    },
  });
  const { sealed, ...rest } = approval.body;
  // An approved call is what the next one of its tool is compared with; of the others nobody need see anything any more.
  const kept = event === 'approval.used' && sealed !== undefined ? { sealed } : {};
  const body: StoredApproval = { ...rest, ...kept, state: ENDED[event], end: how };
  await putStored(rows, 'approval', approval.space, approval.id, body, how.by);
  return { ...approval, body };
}

/** What every record of an approval says of the call that it is about. */
export function factsOf({ space, body }: Approval): {
  readonly space: string; readonly exchange: string; readonly agent: string; readonly context: string; readonly server: string; readonly digest: string;
  readonly tool?: string; readonly definition?: string; readonly effect?: string; readonly policies: readonly string[];
} {
  const { exchange, principal: { agent }, flow, server, digest, resource, pin, effect, gates } = body;
  return {
    space, exchange, agent, context: flow, server, digest, policies: [...new Set(gates.map(({ policy }) => policy))],
    ...(resource.name === '' ? {} : { tool: resource.name }), ...(pin === null ? {} : { definition: pin }), ...(effect === undefined ? {} : { effect }),
  };
}

/** What a gateway is told. */
export function wordOf(approval: Approval, now: number, url: string | undefined): ApprovalWord {
  const { id, body } = approval;
  const state = stateOf(approval, now);
  return {
    id, state, expiresAt: body.expiresAt, ...(url === undefined ? {} : { url: pageOf(approval, url) }),
    ...(state === 'denied' && body.end !== undefined ? { reason: body.end.reason } : {}),
  };
}

/** What is over for that long is forgotten; its records stay. */
export function isForgotten({ body }: Approval, now: number): boolean {
  return body.expiresAt + LIMITS.approvalKeptMs <= now;
}

/** Where people see it, at control's own door. */
export function pageOf({ id, space }: Pick<Approval, 'id' | 'space'>, origin: string): string {
  return `${origin}/approvals/${id}${space === DEFAULT_SPACE ? '' : `?space=${space}`}`;
}
