import { buildCeilings } from '../../policy/ceiling.ts';
import { compileRoles } from '../../policy/roles.ts';
import { createTally } from '../../policy/simulate/report.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DAY_MS } from '../../review/days.ts';
import { rehearse } from '../change.ts';
import type { By, Control } from '../control.ts';
import { compileWhole } from '../policies/candidate.ts';
import { replayed } from '../policies/simulate.ts';
import { needStored } from '../stored.ts';
import { placeOf } from './grants.ts';
import { following } from './moved.ts';
import { apply, REVIEWS } from './remedy.ts';
import type { StoredItem } from './schema.ts';

const TOOLS_SHOWN = 50;

/**
 * What an item's least would be as policy, and what it would have blocked: the decisions of the last 90 days at that server, made again under
 * it. Nothing is changed, and no payload is opened. Throws `ERR_CONFLICT` for an item of which nothing smaller is suggested.
 */
export async function suggestionFor(control: Control, { space }: By, item: StoredItem, signal: AbortSignal): Promise<JsonObject> {
  const asked = item.change?.kind === 'narrow-grant' ? item.change : item.revoke;
  if (asked.kind !== 'narrow-grant' && asked.kind !== 'drop-grant') {
    throw new SallyportError('ERR_CONFLICT', 'nothing smaller is suggested for this',
      { remedy: 'Suggestions are made for access: sallyport review items CAMPAIGN --check unused-access' });
  }
  const remedy = await following(control.store, space, item.campaign, asked);
  const { body: binding } = await needStored(control.store, 'binding', space, remedy.binding);
  const { body: role } = await needStored(control.store, 'role', space, binding.role);
  const before = role.allow.filter((rule) => placeOf(rule) === remedy.server);
  const { result, configuration } = await rehearse(control.store, async (rows) => {
    const done = await apply(rows, space, remedy, control.now());
    const to = done.moved?.[1];
    const next = to === undefined ? undefined : (await needStored(rows, 'binding', space, to)).body;
    return next === undefined ? [] : (await needStored(rows, 'role', space, next.role)).body.allow.filter((rule) => placeOf(rule) === remedy.server);
  }, control.now());
  const { program } = await compileWhole(configuration);
  const candidate = { program, ceilings: buildCeilings(configuration.agents, configuration.toolsets), agents: configuration.agents, configuration };
  const tally = createTally();
  const blocked = new Map<string, number>();
  const window = { since: control.now() - 90 * DAY_MS, ...(remedy.server.startsWith('t/') ? {} : { server: remedy.server }) };
  const ends = AbortSignal.any([signal, AbortSignal.timeout(LIMITS.reviewSuggestionMs)]);
  for await (const one of replayed(control, { admin: { id: REVIEWS, may: [] }, space }, candidate, window, false, ends)) {
    if ('damaged' in one || 'at' in one) continue;
    tally.add(one.step, []);
    const { record, change } = one.step;
    if (change === 'denied') blocked.set(record.tool ?? '', (blocked.get(record.tool ?? '') ?? 0) + 1);
  }
  const { decisions, changes, undecidable } = tally.report();
  const text = (rules: typeof before): string => compileRoles({ role: { allow: rules } }, [{ role: 'role', to: binding.to }], [], 'review').map((one) =>
    one.text).join('\n');
  return {
    remedy: { kind: remedy.kind, server: remedy.server, ...(remedy.kind === 'narrow-grant' ? { tools: remedy.tools } : {}) },
    before: text(before), after: text(result), windows: item.evidence['windows'] ?? [],
    replayed: {
      since: window.since, decisions, blocked: changes.denied, undecidable: undecidable.count, complete: !ends.aborted,
      tools: Object.fromEntries([...blocked].slice(0, TOOLS_SHOWN)),
    },
  };
}
