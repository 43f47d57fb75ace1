import { SallyportError } from '../../domain/errors.ts';
import { msOfSpan } from '../../registry/approval-shape.ts';
import type { Rows } from '../../store/store.ts';
import type { Control } from '../control.ts';
import { listStored, needStored, putStored } from '../stored.ts';
import { readApprovals } from './settings.ts';
import type { TellPeople } from './webhooks.ts';
import { end, factsOf, isForgotten, stateOf, type Approval, type Keeping } from './words.ts';

/** Sees to it that approvals are answered, or end. */
export interface ApprovalKeeper {
  /** One was asked for: whoever may answer is told. */
  asked(approval: Approval): void;
  /** One was answered, for whom it waits. */
  answered(approval: Approval): void;
  /** Ends what nobody answered in time, and takes to others what waits too long. Never rejects. */
  tend(): Promise<void>;
  close(): void;
}

const TEND_MS = 10_000;
const BY = 'sallyport|control';

/** What it needs to tell people. */
export interface KeeperParts extends Keeping, Pick<Control, 'report'> {
  readonly tell: TellPeople;
}

export function createApprovalKeeper(parts: KeeperParts): ApprovalKeeper {
  const { store, now, report, tell } = parts;
  const tend = async (): Promise<void> => {
    try {
      const { escalateAfter } = await readApprovals(store);
      for (const approval of await listStored(store, 'approval')) {
        if (isForgotten(approval, now())) await store.delete('approval', approval.space, approval.id, { by: BY });
        else if (isPast(approval, now())) await store.transaction((rows) => expire(parts, rows, approval));
        else if (escalateAfter !== undefined && isLate(approval, now(), msOfSpan(escalateAfter))) await escalate(parts, approval);
      }
    } catch (error) {
      report(`approvals are not tended: ${error instanceof SallyportError ? `${error.code}: ${error.message}` : 'something broke'}`);
    }
  };
  const timer = setInterval(() => void tend(), TEND_MS);
  timer.unref();
  return {
    tend,
    asked: (approval) => void tell('asked', approval),
    answered: (approval) => void tell('answered', approval),
    close: () => clearInterval(timer),
  };
}

function isPast(approval: Approval, now: number): boolean {
  return stateOf(approval, now) === 'expired' && approval.body.state !== 'expired';
}

function isLate({ body }: Approval, now: number, afterMs: number): boolean {
  return body.state === 'pending' && body.escalatedAt === undefined && now - body.askedAt >= afterMs;
}

async function expire(parts: Keeping, rows: Rows, { space, id }: Approval): Promise<void> {
  const approval = await needStored(rows, 'approval', space, id);
  const at = parts.now();
  if (!isPast(approval, at)) return;
  const reason = approval.body.state === 'granted' ? 'nobody used it in time' : 'nobody answered in time';
  await end(parts, rows, approval, 'approval.expired', { by: BY, at, reason });
}

async function escalate(parts: KeeperParts, { space, id }: Approval): Promise<void> {
  const escalated = await parts.store.transaction(async (rows): Promise<Approval | undefined> => {
    const approval = await needStored(rows, 'approval', space, id);
    const at = parts.now();
    if (approval.body.state !== 'pending' || approval.body.escalatedAt !== undefined) return undefined;
    await parts.record({
      ...factsOf(approval), event: 'approval.escalated', principal: BY, detail: { id, resource: 'approval', waitedMs: at - approval.body.askedAt },
    });
    const body = { ...approval.body, escalatedAt: at };
    await putStored(rows, 'approval', space, id, body, BY);
    return { ...approval, body };
  });
  if (escalated !== undefined) await parts.tell('escalated', escalated);
}
