import { SallyportError } from '../../domain/errors.ts';
import type { Remedy } from '../../review/item.ts';
import { digestOf } from '../../registry/canonical.ts';
import type { Rows } from '../../store/store.ts';
import type { By, Control, What } from '../control.ts';
import { bindingId } from '../manifest/wanted.ts';
import { deleteStored, findStored, needStored, putStored } from '../stored.ts';
import { revokeTokensOf } from '../tokens/revoke.ts';
import { placeOf } from './grants.ts';
import { following, keepMoved } from './moved.ts';

/** As whom control takes away what reviewers said goes: what it does only narrows. */
export const REVIEWS = 'sallyport|reviews';

/** What was done, and which binding took the place of which. */
export interface Done {
  readonly note: string;
  readonly moved?: readonly [from: string, to: string];
}

/** Whose word it is carried out on, and why. */
export interface OnWord {
  readonly campaign: string;
  readonly item: string;
  readonly by: string;
  readonly reason: string;
}

type Doing = Exclude<Remedy, { readonly kind: 'task' }>;

/**
 * Carries one remedy out as a change like every other, on what earlier answers left of it. Throws `ERR_NOT_FOUND` where it is gone already,
 * and what the change throws.
 */
export async function carryOut(control: Control, space: string, remedy: Doing, word: OnWord): Promise<Done> {
  const by: By = { admin: { id: REVIEWS, may: [] }, space };
  const now = control.now();
  const what: What = {
    ...whatOf(await following(control.store, space, word.campaign, remedy)), reason: word.reason, exchange: word.campaign,
    detail: { review: word.campaign, item: word.item, decidedBy: word.by },
  };
  return control.change(by, what, async (rows) => {
    // Not what stood before the change had its turn: another answer may have had its own meanwhile.
    const done = await apply(rows, space, await following(rows, space, word.campaign, remedy), now);
    if (done.moved !== undefined) await keepMoved(rows, space, word.campaign, done.moved);
    return done;
  });
}

function whatOf(remedy: Doing): Pick<What, 'resource' | 'id' | 'verb'> {
  if (remedy.kind === 'drop-grant' || remedy.kind === 'narrow-grant') return { resource: 'binding', id: remedy.binding, verb: 'narrow' };
  const [verb = '', resource = ''] = remedy.kind.split('-');
  return { resource, id: remedy.id, verb };
}

/** The rows of a remedy; also tried in a rehearsal, where a suggestion is looked at. */
export async function apply(rows: Rows, space: string, remedy: Doing, now: number): Promise<Done> {
  switch (remedy.kind) {
    case 'drop-grant': return narrow(rows, space, remedy.binding, remedy.server, []);
    case 'narrow-grant': return narrow(rows, space, remedy.binding, remedy.server, remedy.tools);
    case 'remove-exception':
      await deleteStored(rows, 'exception', space, remedy.id, REVIEWS);
      return { note: `the exception ${remedy.id} was removed` };
    case 'remove-agent':
      await deleteStored(rows, 'agent', space, remedy.id, REVIEWS);
      await revokeTokensOf(rows, space, remedy.id, REVIEWS, now);
      return { note: `the agent ${remedy.id} was removed, and its tokens were revoked` };
    case 'revoke-token': {
      const { body } = await needStored(rows, 'token', space, remedy.id);
      await putStored(rows, 'token', space, remedy.id, { ...body, revokedAt: body.revokedAt ?? now }, REVIEWS);
      return { note: `the token ${remedy.id} was revoked` };
    }
    case 'quarantine-server': {
      const { body } = await needStored(rows, 'server', space, remedy.id);
      await putStored(rows, 'server', space, remedy.id, { ...body, status: 'quarantined', reason: 'a review took it out of use' }, REVIEWS);
      return { note: `${remedy.id} is in quarantine` };
    }
    default: return remedy satisfies never;
  }
}

/**
 * Takes one server, or all but some of its tools, out of what one binding gives, and leaves the role to whoever else has it: the grantee
 * is bound to a role of what is left. A policy that forbade it would take it from those, too, who have it by another binding.
 */
async function narrow(rows: Rows, space: string, id: string, place: string, tools: readonly string[]): Promise<Done> {
  const { body: binding } = await needStored(rows, 'binding', space, id);
  const { body: role } = await needStored(rows, 'role', space, binding.role);
  if (!role.allow.some((rule) => placeOf(rule) === place)) {
    throw new SallyportError('ERR_NOT_FOUND', `the role ${binding.role} gives nothing at ${place} any more`,
      { remedy: 'Look at the item again: it is settled.' });
  }
  const left = role.allow.flatMap((rule) => {
    if (placeOf(rule) !== place) return [rule];
    // A toolset's rule cannot name tools: it goes as a whole.
    if (tools.length === 0 || place.startsWith('t/')) return [];
    // Of what the rule gave, never more: a rule that gave no tool gives none.
    const { effects, tools: named } = rule;
    if (effects === undefined && named === undefined) return [rule];
    return [{ ...rule, tools: tools.filter((tool) => named === undefined || named.includes(tool)) }];
  });
  const merged = left.filter((rule, at) => left.findIndex((one) => Bun.deepEquals(one, rule)) === at);
  await deleteStored(rows, 'binding', space, id, REVIEWS);
  const whom = `the binding ${id} of the role ${binding.role}`;
  if (merged.length === 0) return { note: `${whom} was removed` };
  const next = `review-${digestOf(JSON.parse(JSON.stringify([binding.role, merged]))).slice(0, 16)}`;
  const there = await findStored(rows, 'role', space, next);
  // A role that somebody made under the name that this one will have would give what they wrote into it.
  if (there !== undefined && !Bun.deepEquals(there.body.allow, merged)) {
    throw new SallyportError('ERR_CONFLICT', `the role ${next} is there, and is not what is left`, { remedy: 'Look who made it; remove it, and answer anew.' });
  }
  if (there === undefined) await putStored(rows, 'role', space, next, { allow: merged }, REVIEWS);
  const to = bindingId({ role: next, to: binding.to });
  await putStored(rows, 'binding', space, to, { role: next, to: binding.to }, REVIEWS);
  return { note: `${whom} gives ${tools.length === 0 ? `nothing at ${place}` : `${tools.length} tools of ${place}`} any more (role ${next})`, moved: [id, to] };
}
