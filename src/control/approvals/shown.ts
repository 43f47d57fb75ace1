import { createHash } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Control } from '../control.ts';

/** Notes that somebody has a call before them; the first time counts. */
export async function noteShown({ state, now }: Pick<Control, 'state' | 'now'>, id: string, who: string): Promise<void> {
  await state.setIfAbsent(keyOf(id, who), String(now()), LIMITS.approvalMsMax);
}

/** Since when they have it before them. Throws `ERR_NOT_SHOWN`: nobody answers what they have not seen. */
export async function lookedMs({ state, now }: Pick<Control, 'state' | 'now'>, id: string, who: string): Promise<number> {
  const since = await state.get(keyOf(id, who));
  if (since !== undefined) return Math.max(0, now() - Number(since));
  throw new SallyportError('ERR_NOT_SHOWN', 'you have not looked at this call yet', { remedy: `Look at it first: sallyport approve show ${id}` });
}

function keyOf(id: string, who: string): string {
  return `approval-shown/${id}/${createHash('sha256').update(who).digest('base64url')}`;
}
