import type { Json } from '../domain/json.ts';
import type { Check } from './doctor.ts';
import { number, objects, part, text } from './json-view.ts';
import { span } from './terminal.ts';

const SOON_MS = 14 * 86_400_000;

/** What of agents is for someone to decide: registrations that end, and clients that were refused because they are none. */
export function checkAgents(registered: Json, unknown: Json, now: number): readonly Check[] {
  const ending = objects(part(registered, 'agents')).flatMap((agent): readonly Check[] => {
    const left = number(agent['expiresAt']) - now;
    if (left > SOON_MS) return [];
    const found = left <= 0 ? `its registration has ended: ${text(agent['owner'])} answers for it` : `its registration ends in ${span(left)}`;
    return [{ what: `agent ${text(agent['id'])}`, state: 'warn', found, remedy: `sallyport agent renew ${text(agent['id'])}, or remove it` }];
  });
  const refused = objects(part(unknown, 'unknown')).length;
  if (refused === 0) return ending;
  const found = `refused because they are no registered agent: ${refused}`;
  return [...ending, { what: 'unknown clients', state: 'warn', found, remedy: 'sallyport agent list --unknown' }];
}
