import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'bun:test';
import type { IncidentKind } from '../../src/domain/incident.ts';
import { isObject, type JsonObject } from '../../src/domain/json.ts';
import { objects, part, text } from '../../src/cli/json-view.ts';
import type { Gate } from '../fixtures/gate.ts';

/** One incident from a real attack at the gate to its recovery, answered by the playbook of its kind. */
export interface Course {
  readonly kind: IncidentKind;
  /** The playbook, by its short name. */
  readonly playbook: string;
  /** Whether an incident is the one of this attack. */
  readonly isOurs?: (incident: JsonObject) => boolean;
  readonly attack: () => Promise<void>;
  /** What was stopped, is; what is beside it goes on. */
  readonly contained: () => Promise<void>;
  /** What people do at steps, by their names, before they say that it is done. */
  readonly people?: Readonly<Record<string, () => Promise<void>>>;
  /** What people answer, where it is not that all is real, small and trusted again. */
  readonly answers?: Readonly<Record<string, string>>;
  /** What the run is told beside what the incident says. */
  readonly values?: Readonly<Record<string, string>>;
  /** It runs again. */
  readonly recovered: () => Promise<void>;
}

const ANSWERS = { confirmed: 'true', spread: 'false', personal_data: 'false', trusted_again: 'true', secret: '' };
const PATIENCE_MS = 20_000;
const LOOK_MS = 30;

/** Gives the run as it ended. */
export async function runCourse(gate: Gate, course: Course): Promise<JsonObject> {
  const known = new Set((await incidents(gate)).map(({ id }) => id));
  await course.attack();
  const incident = await until(
    async () => (await incidents(gate)).find((one) => !known.has(one['id']) && one['kind'] === course.kind && (course.isOurs?.(one) ?? true)),
  );
  const about = text(incident['id']);
  const listed = objects((await gate.admin('GET', '/playbooks'))['playbooks']).find(({ slug }) => slug === course.playbook);
  const started = await gate.admin('POST', `/playbooks/${text(listed?.['id'])}/runs`, {
    incident: about, mode: 'automatic', reason: 'a test', values: { ...course.values },
  });
  const id = text(started['id']);
  // Everything that has a way back was done before any person said anything.
  const first = await settled(gate, id);
  expect(named(first, 'Is it real?')).toMatchObject({ state: 'waiting' });
  expect(objects(first['steps']).filter(({ state }) => state === 'failed')).toEqual([]);
  expect(await gate.admin('GET', `/incidents/${about}`)).toMatchObject({ status: 'contained' });
  await course.contained();
  await verifyEvidence(gate, about);
  const ended = await drive(gate, id, course);
  expect(ended).toMatchObject({ state: 'done' });
  expect((await gate.admin('GET', `/incidents/${about}`))['status']).toBe('recovered');
  await course.recovered();
  await gate.admin('POST', `/incidents/${about}/close`, { verdict: 'true-positive', reason: 'a test', leave: true });
  const recorded = async (event: string): Promise<number> => (await gate.records({ event })).filter(({ detail }) => part(detail, 'run') === id).length;
  expect([await recorded('playbook.started'), await recorded('playbook.ended')]).toEqual([1, 1]);
  expect(await recorded('playbook.stepped')).toBe(objects(ended['steps']).length);
  return ended;
}

async function incidents(gate: Gate): Promise<readonly JsonObject[]> {
  return objects((await gate.admin('GET', '/incidents'))['incidents']);
}

/** People do and say what they are asked, until there is nothing more to ask. */
async function drive(gate: Gate, id: string, { people = {}, answers = {} }: Course): Promise<JsonObject> {
  for (;;) {
    const run = await settled(gate, id);
    const failed = objects(run['steps']).filter(({ state }) => state === 'failed');
    expect(failed.map(({ name, note }) => [name, note])).toEqual([]);
    const [next] = objects(run['steps']).filter(({ state }) => state === 'waiting');
    if (next === undefined) return run;
    await people[text(next['name'])]?.();
    const given: Readonly<Record<string, string>> = { ...ANSWERS, ...answers };
    const asked = Array.isArray(next['answers']) ? next['answers'].map((name) => text(name)) : [];
    await gate.admin('POST', `/playbook-runs/${id}/step`, {
      n: next['n'] ?? 0, what: 'done', values: Object.fromEntries(asked.map((name) => [name, given[name] ?? ''])),
    });
  }
}

/** The run, when control has nothing to do in it. */
async function settled(gate: Gate, id: string): Promise<JsonObject> {
  return until(async () => {
    const run = await gate.admin('GET', `/playbook-runs/${id}`);
    const isBusy = objects(run['steps']).some(({ state }) => state === 'ready' || state === 'started');
    return isBusy || (run['state'] === 'done' && run['endedAt'] === undefined) ? undefined : run;
  });
}

function named(run: JsonObject, name: string): JsonObject | undefined {
  return objects(run['steps']).find((step) => step['name'] === name);
}

/** The first answer that is one: what is waited for comes of itself, in a moment. */
export async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  const stop = AbortSignal.timeout(PATIENCE_MS);
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (stop.aborted) throw new Error(`it did not come: ${look.toString().slice(0, 200)}`);
    await Bun.sleep(LOOK_MS);
  }
}

/** The bundle of the incident checks out in a folder of its own, by the script that travels in it, by a process that knows nothing of the gate. */
async function verifyEvidence(gate: Gate, incident: string): Promise<void> {
  const bundled = await gate.admin(
    'POST', '/containments', { verb: 'evidence-bundle', scope: { target: 'incident', name: incident }, incident, reason: 'to keep' },
  );
  const files = part(bundled, 'answer', 'files') ?? part(bundled, 'answer');
  const folder = mkdtempSync('/tmp/sp-bundle-');
  try {
    for (const [name, content] of Object.entries(isObject(files) ? files : {})) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text(content));
    }
    const child = Bun.spawn(
      ['node', join(folder, 'verify.mjs'), folder], { cwd: folder, env: { PATH: process.env['PATH'] }, stdout: 'pipe', stderr: 'pipe' },
    );
    const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    expect([await child.exited, out, err]).toEqual([0, expect.stringContaining('verified'), '']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
