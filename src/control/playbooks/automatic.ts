import { SallyportError } from '../../domain/errors.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import type { Incident } from '../../incident/incident.ts';
import { EXTENSION_ID } from '../../incident/playbook/form.ts';
import type { Control } from '../control.ts';
import { KEEPER } from '../incidents/hand.ts';
import { findStored, listStored } from '../stored.ts';
import { AUTOMATIC_MAY, automaticActor } from './actor.ts';
import { listPlaybooks } from './library.ts';
import type { Held, Signing } from './library.ts';
import { startRun } from './start.ts';

/**
 * Starts what is to start by itself, once for each incident: its run has an id that follows from both, so that no replica and no
 * restart starts it twice. Gives the runs that it started, by space and id.
 */
export async function startAutomatic(control: Control, signing: Signing): Promise<readonly (readonly [space: string, id: string])[]> {
  const playbooks = (await listPlaybooks(control.store)).filter(({ automatic }) => automatic);
  if (playbooks.length === 0) return [];
  const started: (readonly [string, string])[] = [];
  for (const { space, id: incident, body } of await listStored(control.store, 'incident')) {
    if (body.status !== 'open') continue;
    for (const held of playbooks) {
      const id = `auto-${held.playbook.id.slice('playbook--'.length, 'playbook--'.length + 8)}-${incident}`;
      // The incident remembers for longer than runs are kept.
      const wasStarted = body.timeline.some(({ event, text }) => event === 'playbook' && text.includes(id));
      if (wasStarted || !answers(held, body) || await findStored(control.store, 'playbook-run', space, id) !== undefined) continue;
      if (await begun(control, signing, held, { space, id, incident })) started.push([space, id]);
    }
  }
  return started;
}

function answers({ playbook }: Held, { kind, severity, openedBy }: Incident): boolean {
  const triggers = playbook.playbook_extensions?.[EXTENSION_ID].triggers ?? [];
  // What a person opened, a person answers.
  return openedBy === KEEPER && triggers.some((one) => one.kind === kind && SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(one.severity));
}

async function begun(
  control: Control, signing: Signing, held: Held, where: { readonly space: string; readonly id: string; readonly incident: string },
): Promise<boolean> {
  try {
    const actor = automaticActor(control.now());
    const reason = 'an incident of its kind was opened';
    await startRun(control, signing, held, { ...where, mode: 'automatic', reason, values: {}, actor, may: AUTOMATIC_MAY });
    return true;
  } catch (error) {
    control.report(
      `the playbook ${held.playbook.name} did not start by itself: ${error instanceof SallyportError ? `${error.code}: ${error.message}` : 'something broke'}`,
    );
    return false;
  }
}
