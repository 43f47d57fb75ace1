import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Control } from '../control.ts';
import { needStored, putStored } from '../stored.ts';
import type { Proposal } from './schema.ts';

/**
 * What a proposal is at one moment. `expired`: an open one whose time is over. `unfinished`: it was approved, and nothing says what came of
 * it, as control died meanwhile: it may have been done or not, and is never done again.
 */
export function stateNow({ state, expiresAt, approvals }: Proposal, now: number): Proposal['state'] | 'expired' | 'unfinished' {
  if (state === 'open') return expiresAt <= now ? 'expired' : 'open';
  return state === 'approved' && (approvals.at(-1)?.at ?? 0) + LIMITS.proposalCarryMs <= now ? 'unfinished' : state;
}

interface Which {
  readonly space: string;
  readonly id: string;
  /** Whose approval it is carried out with. */
  readonly by: string;
}

/** It is done, with what it answers. */
export async function keepDone(control: Control, which: Which, answer: Json): Promise<void> {
  const id = isObject(answer) ? answer['id'] : undefined;
  await keep(control, which, 'done', typeof id === 'string' && id.length <= 200 ? { id } : {});
}

/** It was not done. Never rejects: what is thrown is why it was not. */
export async function keepFailed(control: Control, which: Which, proposal: Proposal, error: unknown): Promise<void> {
  const code = error instanceof SallyportError ? error.code : 'ERR_INTERNAL';
  try {
    await control.record({
      event: 'proposal.failed', space: which.space, principal: which.by, digest: proposal.digest, code,
      detail: { id: which.id, proposer: proposal.proposer.id },
    });
    await keep(control, which, 'failed', { code });
  } catch (unkept) {
    control.report(`what came of proposal ${which.id} could not be kept: ${unkept instanceof SallyportError ? unkept.code : 'something broke'}`);
  }
}

async function keep(
  { store, now }: Control, { space, id, by }: Which, state: 'done' | 'failed', outcome: Omit<NonNullable<Proposal['outcome']>, 'at'>,
): Promise<void> {
  await store.transaction(async (rows) => {
    const { body } = await needStored(rows, 'proposal', space, id);
    await putStored(rows, 'proposal', space, id, { ...body, state, outcome: { ...outcome, at: now() } }, by);
  });
}
