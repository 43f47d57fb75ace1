import { expect } from 'bun:test';
import { checkBundle } from '../../src/audit/bundle/check.ts';
import { objects, text } from '../../src/cli/json-view.ts';
import type { IncidentKind } from '../../src/domain/incident.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { shippedPlaybooks } from '../../src/incident/playbook/shipped.ts';
import type { Administration } from '../fixtures/gate.ts';
import { objectIn } from '../fixtures/modern-call.ts';

/** How people and control answer one incident, from what was found to what runs again. */
export interface Answered {
  readonly incident: JsonObject;
  /** The run when it has ended. */
  readonly run: JsonObject;
}

export interface Answering {
  /** What people say where they are asked; everything else they say is done. */
  readonly answers?: Readonly<Record<string, string>>;
  /** What the incident does not know, or people know better, when it starts. */
  readonly values?: Readonly<Record<string, string>>;
  /** Steps that cannot be done here, and why they are left out. */
  readonly skips?: Readonly<Record<string, string>>;
  /** What is looked at when people are asked that, before they answer. */
  readonly at: Readonly<Record<string, () => Promise<void>>>;
}

const YES = { confirmed: 'true', spread: 'false', personal_data: 'false', trusted_again: 'true' };

/** The incident of a kind that the gate opened by itself. The test's own limit ends what never happens. */
export async function incidentOf(gate: Administration, kind: IncidentKind): Promise<JsonObject> {
  for (;;) {
    const { incidents } = await gate.admin('GET', `/incidents?kind=${kind}`);
    const [found] = objects(incidents);
    if (found !== undefined) return gate.admin('GET', `/incidents/${text(found['id'])}`);
    await Bun.sleep(20);
  }
}

/** Runs the shipped playbook of a kind to its end, and gives what became of the incident. */
export async function answer(gate: Administration, kind: IncidentKind, { answers = {}, values = {}, skips = {}, at }: Answering): Promise<Answered> {
  const incident = text((await incidentOf(gate, kind))['id']);
  const playbook = [...shippedPlaybooks().values()].find(({ labels }) => labels?.includes(kind));
  if (playbook === undefined) throw new Error(`nothing ships for ${kind}`);
  const started = await gate.admin('POST', `/playbooks/${playbook.id}/runs`, { incident, mode: 'automatic', reason: 'it was opened', values });
  const run = `/playbook-runs/${text(started['id'])}`;
  const looked = new Set<string>();
  for (;;) {
    const now = await settled(gate, run);
    const open = objects(now['steps']).find(({ state }) => state === 'waiting' || state === 'failed');
    if (open === undefined) {
      expect([...looked].toSorted()).toEqual(Object.keys(at).toSorted());
      return { run: now, incident: await gate.admin('GET', `/incidents/${incident}`) };
    }
    const [n, name] = [open['n'] ?? 0, text(open['name'])];
    if (open['state'] === 'failed') {
      const note = skips[name];
      if (note === undefined) throw new Error(`the step "${name}" failed: ${text(open['note'])}`);
      await gate.admin('POST', `${run}/step`, { n, what: 'skip', note });
      continue;
    }
    await at[name]?.();
    looked.add(name);
    if (at[name] === undefined) looked.delete(name);
    const wanted = Array.isArray(open['answers']) ? open['answers'].map((one) => text(one)) : [];
    const said: Readonly<Record<string, string>> = { ...YES, ...answers };
    await gate.admin('POST', `${run}/step`, { n, what: 'done', values: Object.fromEntries(wanted.map((one) => [one, said[one] ?? ''])) });
  }
}

/** The run when control has nothing more to do in it. */
async function settled(gate: Administration, run: string): Promise<JsonObject> {
  for (;;) {
    const now = await gate.admin('GET', run);
    const isBusy = objects(now['steps']).some(({ state }) => state === 'ready' || state === 'started');
    if (!isBusy && (now['state'] !== 'done' || now['endedAt'] !== undefined)) return now;
    await Bun.sleep(5);
  }
}

/** What is in force for an incident, as `<verb> <target>`, without what only keeps evidence. */
export async function inForce(gate: Administration, incident: JsonObject): Promise<readonly string[]> {
  const { containments } = await gate.admin('GET', `/containments?state=applied&incident=${text(incident['id'])}`);
  const all = objects(containments).map(({ verb, scope }) => `${text(verb)} ${text(objectIn(scope)['target'])}`);
  return all.filter((one) => !one.startsWith('legal-hold')).toSorted();
}

/**
 * The evidence of an incident, as it is handed to others: it verifies by what is in it alone, holds records of these events, and one
 * byte of it that is another is found.
 */
export async function verifyEvidence(gate: Administration, incident: JsonObject, ...events: readonly string[]): Promise<void> {
  const made = await gate.admin('POST', '/containments', {
    verb: 'evidence-bundle', scope: { target: 'incident', name: text(incident['id']) }, reason: 'for the file', incident: text(incident['id']),
  });
  const handed = Object.entries(objectIn(objectIn(made['answer'])['files']));
  const files = new Map(handed.map(([name, body]) => [name, new Uint8Array(Buffer.from(text(body)))] as const));
  const checked = checkBundle(files);
  expect(checked.problems).toEqual([]);
  expect(checked.manifest.scope).toMatchObject({ incident: text(incident['id']) });
  const records = handed.filter(([name]) => name === 'records.jsonl').map(([, body]) => text(body)).join('\n');
  for (const event of events) expect(records).toContain(`"${event}"`);
  const [name, bytes] = [...files].find(([file]) => file === 'records.jsonl') ?? ['', new Uint8Array()];
  const changed = new Uint8Array(bytes);
  changed[10] = (changed[10] ?? 0) ^ 1;
  expect(checkBundle(new Map([...files, [name, changed]])).problems).not.toEqual([]);
}
