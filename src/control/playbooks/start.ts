import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { SUBJECT_VARIABLES } from '../../incident/playbook/compose.ts';
import type { Playbook } from '../../incident/playbook/form.ts';
import { gather } from '../../incident/playbook/gather.ts';
import type { Incident } from '../../incident/incident.ts';
import { noted } from '../../incident/incident.ts';
import { begin } from '../../incident/playbook/progress.ts';
import type { Progress } from '../../incident/playbook/progress.ts';
import { digestOfPlaybook } from '../../incident/playbook/sign.ts';
import type { Access } from '../access.ts';
import type { Control } from '../control.ts';
import { needIncident, putIncident } from '../incidents/hand.ts';
import type { Rows } from '../../store/store.ts';
import { findStored, listStored, putStored } from '../stored.ts';
import { findPlaybook, needOurs } from './library.ts';
import type { Held, Signing } from './library.ts';
import { hasRoom } from './actor.ts';
import type { PlaybookRun } from './schema.ts';

export interface Starting {
  readonly space: string;
  /** Of the run. */
  readonly id: string;
  readonly incident: string;
  readonly mode: Progress['mode'];
  readonly reason: string;
  /** Values of variables, by their names without underscores: in place of what the incident says. */
  readonly values: Readonly<Record<string, string>>;
  readonly actor: PlaybookRun['actor'];
  readonly may: readonly Access[];
}

/** Starts a run: on record, then kept. Throws `ERR_NOT_FOUND`, `ERR_PLAYBOOK_STATE`, `ERR_PLAYBOOK_SIGNATURE`, `ERR_PLAYBOOK_INVALID`. */
export async function startRun(control: Control, signing: Signing, held: Held, starting: Starting): Promise<PlaybookRun> {
  const { store, now } = control;
  const { space, id, incident: incidentId, mode, reason, values, actor, may } = starting;
  const incident = await needIncident(store, space, incidentId);
  if (incident.status === 'closed') throw refused('this incident is closed', 'Open it again first: sallyport incident reopen.');
  const open = (await listStored(store, 'playbook-run', space)).flatMap(({ body }) => (body.endedAt === undefined ? [body] : []));
  if (!hasRoom(open, actor.id)) throw refused(`${open.length} runs are open`, 'End some: sallyport incident playbook step RUN --cancel.');
  const texts = await gather(signed(held, signing), async (called) => {
    const found = await findPlaybook(store, called);
    return found === undefined ? undefined : signed(found, signing);
  }, now());
  const { playbook } = held;
  const given = givenOf(playbook, incidentId, incident, values);
  const digests = [...texts.values()].map((text) => [digestOfPlaybook(text), text] as const);
  const run: PlaybookRun = {
    playbook: playbook.id, name: playbook.name, version: playbook.modified, digest: digestOfPlaybook(playbook), incident: incidentId, reason, startedAt: now(),
    startedBy: actor.id, actor, may: [...may], texts: digests.map(([digest]) => digest), progress: begin(texts, playbook.id, given, mode),
  };
  await control.record({
    event: 'playbook.started', space, principal: actor.id, principalKind: actor.kind, reason, digest: run.digest,
    detail: { run: id, incident: incidentId, playbook: playbook.id, name: playbook.name, version: playbook.modified, mode },
  });
  await store.transaction(async (rows) => {
    if (await findStored(rows, 'playbook-run', space, id) !== undefined) throw refused(
      'this run was started already', 'See `sallyport incident playbook list --runs`.',
    );
    for (const [digest, text] of digests) await putStored(rows, 'playbook-text', DEFAULT_SPACE, digest, { text: JSON.stringify(text) }, actor.id);
    await putStored(rows, 'playbook-run', space, id, run, actor.id);
    await dropOldest(rows);
    const said = `${playbook.name}: run ${id}${mode === 'dry' ? ', rehearsed' : ''}`;
    await putIncident(
      rows, space, incidentId, noted(await needIncident(rows, space, incidentId), { at: now(), event: 'playbook', text: said, by: actor.id }), actor.id,
    );
  });
  return run;
}

/** What runs came to is on record; of those that are over, the last are kept. */
async function dropOldest(rows: Rows): Promise<void> {
  const over = (await listStored(rows, 'playbook-run')).filter(({ body }) => body.endedAt !== undefined)
    .toSorted((one, other) => (other.body.endedAt ?? 0) - (one.body.endedAt ?? 0));
  for (const { space, id } of over.slice(LIMITS.playbookRunsKept)) await rows.delete('playbook-run', space, id, { by: 'sallyport|control' });
}

/** What ships is signed when it is run; what was imported was signed then, and must be what it was. */
export function signed({ playbook, origin }: Held, signing: Signing): Playbook {
  return origin === 'shipped' ? signing.sign(playbook) : needOurs(playbook, signing);
}

/** What a run is told of its incident: the first of each kind of subject, unless a person says another. */
function givenOf(playbook: Playbook, id: string, { severity, subjects }: Incident, values: Readonly<Record<string, string>>): Record<string, string | null> {
  const known: Readonly<Record<string, readonly string[] | undefined>> = { ...subjects, incident: [id], severity: [severity] };
  const fromIncident = Object.keys(SUBJECT_VARIABLES).map((name) => [name, known[name.slice(2, -2)]?.[0] ?? null] as const);
  const said = Object.entries(values).map(([name, value]) => {
    const variable = `__${name}__`;
    if (!Object.hasOwn(playbook.playbook_variables ?? {}, variable)) throw refused(
      `the playbook has no variable ${name}`, 'See `sallyport incident playbook show`.',
    );
    return [variable, value] as const;
  });
  return Object.fromEntries([...fromIncident, ...said]);
}

function refused(what: string, remedy: string): SallyportError {
  return new SallyportError('ERR_PLAYBOOK_STATE', what, { remedy });
}
