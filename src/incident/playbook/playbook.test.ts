import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { expect, test } from 'bun:test';
import { verifies } from '../../../test/e2e/requirements.ts';
import { CONTAINMENT_VERBS } from '../../domain/containment.ts';
import { SallyportError } from '../../domain/errors.ts';
import { INCIDENT_KINDS } from '../../domain/incident.ts';
import { isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { httpOf, requestOf } from './command.ts';
import { holds, parseCondition } from './condition.ts';
import { EXTENSION_ID } from './form.ts';
import type { Playbook } from './form.ts';
import { gather } from './gather.ts';
import { readPlaybook } from './read.ts';
import { shippedPlaybooks } from './shipped.ts';
import { checkSignatures, isSignedBy, signPlaybook } from './sign.ts';

const shipped = [...shippedPlaybooks().values()];
const [first] = shipped;
const NOW = Date.parse('2026-12-01T00:00:00Z');

const SCHEMAS = 'https://raw.githubusercontent.com/oasis-open/cacao-json-schemas/main/schemas/';
const fixture: JsonObject[] = JSON.parse(readFileSync(join(import.meta.dir, '../../../test/fixtures/cacao-2.0/schemas.json'), 'utf8'));

function changed(change: (playbook: { -readonly [K in keyof JsonObject]: Json }, workflow: Record<string, JsonObject>) => void): string {
  const copy: JsonObject & { workflow: Record<string, JsonObject> } = JSON.parse(JSON.stringify(first));
  change(copy, copy.workflow);
  return JSON.stringify(copy);
}

function refusal(text: string): string {
  try {
    readPlaybook(text);
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    expect([error.code, (error.remedy ?? '') !== '']).toEqual(['ERR_PLAYBOOK_INVALID', true]);
    return error.message;
  }
  return 'taken in';
}

const idOf = (workflow: Record<string, JsonObject>, type: string): string => Object.keys(workflow).find((id) => id.startsWith(`${type}--`)) ?? '';

test(verifies('playbook-format', 'every shipped playbook validates against the published schemas, as they are and with what they close heard'), () => {
  const asPublished = new Ajv({ strict: false, schemas: fixture });
  const heard = new Ajv2019({
    strict: false, meta: true, schemas: fixture.map((schema) => {
      const { $schema: _, ...rest } = schema;
      return JSON.stringify(schema['$id']).endsWith('command-data.json"') ? { ...rest, unevaluatedProperties: true } : rest;
    }),
  });
  const { privateKey } = generateKeyPairSync('ed25519');
  expect(shipped).toHaveLength(12);
  for (const playbook of shipped) {
    const signed = signPlaybook(playbook, privateKey, { signee: 'tests', at: NOW, id: `jss--${crypto.randomUUID()}` });
    for (const ajv of [asPublished, heard]) {
      expect([playbook.name, ajv.validate(`${SCHEMAS}playbook.json`, signed), ajv.errors ?? []]).toEqual([playbook.name, true, []]);
      for (const step of Object.values(playbook.workflow)) {
        for (const command of step.type === 'action' ? step.commands : []) expect(
          ajv.validate(`${SCHEMAS}commands/${command.type}.json`, command),
        ).toBe(true);
      }
    }
    expect(readPlaybook(JSON.stringify(signed))).toEqual(signed);
  }
  expect(asPublished.validate(`${SCHEMAS}playbook.json`, { ...first, workflow_start: 'start' })).toBe(false);
  expect(heard.validate(`${SCHEMAS}playbook.json`, { ...first, extra: true })).toBe(false);
});

test('each kind of incident has its playbook, with all that people need beside the steps', () => {
  const answering = shipped.filter((playbook) => (playbook.playbook_extensions?.[EXTENSION_ID].triggers.length ?? 0) > 0);
  expect(answering.flatMap((playbook) => playbook.playbook_extensions?.[EXTENSION_ID].triggers.map(({ kind }) => kind) ?? []).sort())
    .toEqual([...INCIDENT_KINDS].sort());
  const techniques: JsonObject = JSON.parse(readFileSync(join(import.meta.dir, '../../redteam/taxonomy/names.json'), 'utf8'));
  const known = JSON.stringify(techniques);
  for (const { name, playbook_extensions: extensions } of answering) {
    const guide = extensions?.[EXTENSION_ID];
    expect([name, guide?.severities.length, guide?.communications.length]).toEqual([name, 3, expect.any(Number)]);
    for (const id of guide?.techniques ?? []) expect([name, id, known.includes(`"${id}"`)]).toEqual([name, id, true]);
    expect(guide?.communications.length).toBeGreaterThan(0);
  }
});

test('what is called is there, and every request is a verb of containment or of the incident', async () => {
  for (const playbook of shipped) {
    expect((await gather(playbook, async (id) => shippedPlaybooks().get(id), NOW)).size).toBeLessThanOrEqual(3);
    for (const step of Object.values(playbook.workflow)) {
      const command = step.type === 'action' ? httpOf(step) : undefined;
      if (command === undefined) continue;
      const { call, body } = requestOf(command, (name) => name);
      if (call === 'POST /containments') expect([playbook.name, CONTAINMENT_VERBS.some((verb) => verb === body?.['verb'])]).toEqual([playbook.name, true]);
    }
  }
});

test(verifies('playbook-format', 'what CACAO has and is not run here is refused by its name and place'), () => {
  expect(refusal(changed((_, workflow) => {
    workflow[idOf(workflow, 'if-condition')] = { type: 'while-condition', condition: 'x', on_true: idOf(workflow, 'end') };
  }))).toMatch(/^workflow\.if-condition--[0-9a-f-]+: while-condition steps are not run here$/);
  expect(refusal(changed((_, workflow) => {
    const id = idOf(workflow, 'action');
    workflow[id] = { ...workflow[id], commands: [{ type: 'bash', command: 'rm -rf /' }] };
  }))).toMatch(/commands\.0: bash commands are not run here$/);
  expect(refusal(changed((_, workflow) => {
    const id = idOf(workflow, 'action');
    workflow[id] = { ...workflow[id], delay: 5 };
  }))).toMatch(/workflow\.action--[0-9a-f-]+.*delay/);
  expect(refusal(changed((playbook) => {
    playbook['playbook_extensions'] = { 'extension-definition--5a2b8f5e-0a67-4b0e-9a57-3f6d1c4e7b19': {} };
  }))).toContain('playbook_extensions');
});

test('a workflow that goes in circles, nowhere, or from branch to branch is refused', () => {
  const pointing = (id: string, at: (workflow: Record<string, JsonObject>) => string): string => changed((_, workflow) => {
    const step = Object.keys(workflow).find((one) => one.startsWith(`${id}--`) && workflow[one]?.['on_completion'] !== undefined) ?? '';
    workflow[step] = { ...workflow[step], on_completion: at(workflow) };
  });
  expect(refusal(pointing('start', () => 'action--00000000-0000-4000-8000-000000000000'))).toContain('is no step of the playbook');
  const back = changed((_, workflow) => {
    const parallel = idOf(workflow, 'parallel');
    const next = workflow[parallel]?.['on_completion'];
    const after = typeof next === 'string' ? next : '';
    workflow[after] = { ...workflow[after], on_completion: parallel };
  });
  expect(refusal(back)).toContain('loops are not run here');
  const shared = changed((_, workflow) => {
    const parallel = idOf(workflow, 'parallel');
    const next = workflow[parallel]?.['next_steps'];
    workflow[parallel] = { ...workflow[parallel], next_steps: Array.isArray(next) ? [next[0], next[0]] : [] };
  });
  expect(refusal(shared)).toMatch(/reached from two branches/);
  expect(refusal(changed((_, workflow) => {
    workflow['end--00000000-0000-4000-8000-000000000000'] = { type: 'end' };
  }))).toContain('to which nothing leads');
});

function asking(command: string, content?: string): string {
  return changed((_, workflow) => {
    const id = Object.keys(workflow).find((one) => JSON.stringify(workflow[one]).includes('http-api')) ?? '';
    const request = { type: 'http-api', command: `${command} HTTP/1.1`, playbook_activity: 'restrict-access', ...(content === undefined ? {} : { content }) };
    workflow[id] = { ...workflow[id], commands: [request] };
  });
}

test('a signed playbook is no way round to the rest of the API, and a value of an attacker\'s stays one value', () => {
  for (const command of ['POST /api/v1/admins', 'GET /api/v1/containments', 'POST /api/v1/containments/../admins', 'POST /api/v1/containments//lift']) {
    expect([command, refusal(asking(command))]).toEqual([command, expect.stringContaining('is nothing that a playbook may ask of control')]);
  }
  expect(refusal(asking('PUT /api/v1/kill'))).toContain('must be GET or POST');
  expect(refusal(asking('POST /api/v1/containments', '[1]'))).toContain('must be one JSON object');
  const command = { type: 'http-api', command: 'POST /api/v1/containments/__x__:value/lift HTTP/1.1', content: '{"reason":"__x__:value"}' } as const;
  const hostile = '../../admins","target":"all';
  expect(requestOf(command, () => hostile)).toEqual({ call: 'POST /containments/:id/lift', params: { id: hostile }, body: { reason: hostile } });
});

test('undeclared variables, changed constants and activities that nobody does are refused', () => {
  expect(refusal(changed((playbook) => {
    playbook['playbook_variables'] = {};
  }))).toContain('which playbook_variables does not declare');
  expect(refusal(changed((playbook) => {
    const variables = playbook['playbook_variables'];
    playbook['playbook_variables'] = { ...(isObject(variables) ? variables : {}), __confirmed__: { type: 'bool', constant: true } };
  }))).toContain('would change __confirmed__, which is constant');
  expect(refusal(changed((playbook) => {
    playbook['playbook_activities'] = ['identify-indicators', 'eliminate-risk', 'restore-capabilities', 'scan-vulnerabilities'];
  }))).toContain('names scan-vulnerabilities, which no command is');
  expect(refusal('{')).toBe('the playbook is no JSON');
  expect(refusal(`{"a":"${'x'.repeat(600_000)}"}`)).toContain('is larger than');
});

test('a key that stands twice means one thing to who reads it and another to who runs it: it is refused, as what is dropped without a word is', () => {
  const plain = JSON.stringify(first);
  expect(refusal(plain)).toBe('taken in');
  expect(refusal(plain.replace('"name":', '"name":"Harmless","n\\u0061me":'))).toContain('the key "name" twice in one object');
  expect(refusal(plain.replace('"playbook_variables":{', '"playbook_variables":{"__proto__":{"type":"string"},'))).toContain('a key __proto__');
  expect(refusal(asking('POST /api/v1/containments', '{"verb":"read-only","verb":"kill"}'))).toContain('the key "verb" twice');
  expect(refusal(asking('POST /api/v1/containments', '{"verb":"__proto__:value"}'))).toContain('which playbook_variables does not declare');
  expect(refusal(`{"a":${'['.repeat(1_000)}${']'.repeat(1_000)}}`)).toContain('in each other');
});

test('conditions compare variables with texts, and nothing else', () => {
  const values: Readonly<Record<string, string>> = { __a__: 'x', __b__: "it's" };
  const is = (source: string): boolean => holds(parseCondition(source), (name) => values[name] ?? null);
  expect(is("__a__:value = 'x'")).toBe(true);
  expect(is("__a__:value == 'x' AND NOT __b__:value IN ('y', 'z')")).toBe(true);
  expect(is("__b__:value = 'it\\'s'")).toBe(true);
  expect(is("__gone__:value = ''")).toBe(true);
  expect(is("__a__:value != 'x' OR (__gone__:value != '' AND __a__:value = 'x')")).toBe(false);
  const deep = `${'('.repeat(20)}__a__:value = 'x'${')'.repeat(20)}`;
  for (const source of ['', 'x', "__a__ = 'x'", "__a__:value = 'x", "__a__:value LIKE 'x'", "__a__:value = 'x')", deep]) {
    expect(() => parseCondition(source)).toThrow('cannot be read');
  }
});

test(verifies('playbook-format', 'a signature is of this very playbook and version, and ends when its signer says so'), () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const other = generateKeyPairSync('ed25519').privateKey;
  if (first === undefined) throw new Error('no playbook is shipped');
  const by = (id: string): Parameters<typeof signPlaybook>[2] => ({ signee: 'tests', at: NOW, id: `jss--${id}` });
  const once = signPlaybook(first, privateKey, by('00000000-0000-4000-8000-000000000001'));
  const twice = signPlaybook(once, other, by('00000000-0000-4000-8000-000000000002'));
  expect(checkSignatures(twice, NOW).map(({ valid }) => valid)).toEqual([true, true]);
  expect([isSignedBy(once, privateKey, NOW), isSignedBy(once, other, NOW)]).toEqual([true, false]);
  const [signature] = once.signatures ?? [];
  if (signature === undefined) throw new Error('it was not signed');
  const [, moved] = twice.signatures ?? [];
  const tampered: readonly (readonly [Playbook, string])[] = [
    [{ ...once, description: 'Something else.' }, 'the playbook is not what was signed'],
    [{ ...once, modified: '2026-11-24T00:00:00.000Z' }, 'it is of another playbook, or of another version of this one'],
    [{ ...once, signatures: [{ ...signature, revoked: true }] }, 'its signer revoked it'],
    [{ ...once, signatures: [{ ...signature, valid_until: '2026-11-30T00:00:00.000Z' }] }, 'it is no longer valid'],
    [{ ...once, signatures: [{ ...signature, public_key: moved?.public_key ?? '' }] }, 'the playbook is not what was signed'],
    [{ ...once, signatures: [{ ...signature, signee: 'somebody else' }] }, 'the playbook is not what was signed'],
  ];
  for (const [playbook, problem] of tampered) expect(checkSignatures(playbook, NOW)).toMatchObject([{ valid: false, problem }]);
});
