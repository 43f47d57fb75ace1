import type { Remedy } from '../../review/item.ts';
import type { Rows } from '../../store/store.ts';
import { needStored, putStored } from '../stored.ts';

/** A binding that an earlier answer narrowed is another one by now. */
export async function following<R extends Remedy>(rows: Rows, space: string, campaign: string, remedy: R): Promise<R> {
  if (!('binding' in remedy)) return remedy;
  const { body: { moved } } = await needStored(rows, 'review', space, campaign);
  let { binding } = remedy;
  for (let step = 0; step < Object.keys(moved).length && moved[binding] !== undefined; step += 1) binding = moved[binding] ?? binding;
  return { ...remedy, binding };
}

/** Kept with the change that moved it: what comes after finds it, whoever is ended in between. */
export async function keepMoved(rows: Rows, space: string, campaign: string, [from, to]: readonly [string, string]): Promise<void> {
  const { body } = await needStored(rows, 'review', space, campaign);
  await putStored(rows, 'review', space, campaign, { ...body, moved: { ...body.moved, [from]: to } }, 'sallyport|reviews');
}
