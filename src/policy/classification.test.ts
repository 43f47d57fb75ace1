import { expect, test } from 'bun:test';
import { compileClassification, type ClassificationRule } from './classification.ts';
import { compilePolicies } from './compile.ts';
import { defaultPolicies, DEFAULT_NAMES, wordsOfDefault } from './defaults/table.ts';
import { loadEngine } from './engine.ts';
import { CRM, OBLIGATIONS, SALES, WIKI, request, resource } from './fixture.ts';
import type { PolicyEngine } from '../domain/decision.ts';

const ALL = { file: 'all.cedar', text: '@id("all") permit (principal, action, resource);' };

async function engineOf(rules: Readonly<Record<string, ClassificationRule>>, servers = [CRM, { ...WIKI, tier: 'public' as const }]): Promise<PolicyEngine> {
  const kinds = [...OBLIGATIONS, { kind: 'tokenise', on: 'permit', value: /^[\w,]+$/, example: '@tokenise("pii")' } as const];
  const compiled = await compilePolicies({ sources: [ALL, ...compileClassification(rules, 'sallyport.yaml')], servers, toolsets: [SALES], obligations: kinds });
  expect(compiled.diagnostics).toEqual([]);
  return loadEngine(compiled.program, 1);
}

test('what a tier may be sent is refused by what flows into the arguments, or sent without it', async () => {
  const engine = await engineOf({
    outside: { data: { confidentiality: 'confidential' }, to: { tier: 'public' }, do: 'refuse', reason: 'nothing confidential leaves' },
    people: { data: { categories: ['pii'] }, to: { server: 'crm' }, do: 'redact', reason: 'the CRM needs no more people' },
  });
  const send = resource('tool', 'wiki', 'send');
  expect(engine.decide(request({ resource: send, provenance: { confidentiality: 'internal' } })).outcome).toBe('allow');
  expect(engine.decide(request({ resource: send, provenance: { confidentiality: 'restricted' } })).policies).toEqual(['classification:outside:sent']);
  expect(engine.decide(request({ provenance: { confidentiality: 'restricted' } })).outcome).toBe('allow');
  expect(engine.decide(request({ provenance: { categories: ['pii'] } }))).toMatchObject({ outcome: 'allow', obligations: [{ kind: 'redact', value: 'pii' }] });
  expect(engine.decide(request({ resource: send, provenance: { categories: ['pii'] } })).obligations).toEqual([]);
});

test('what a region may be sent is refused to servers anywhere else, and to those of which nobody has said where they are', async () => {
  const rules = { eu: { data: { categories: ['pii'] }, to: { notRegions: ['eu', 'ch'] }, do: 'refuse', reason: 'people stay in Europe' } } as const;
  const send = request({ resource: resource('tool', 'wiki', 'send'), provenance: { categories: ['pii'] } });
  for (const [region, outcome] of [['eu', 'allow'], ['ch', 'allow'], ['us', 'deny'], [undefined, 'deny']] as const) {
    const engine = await engineOf(rules, [{ ...CRM, region: 'eu' }, { ...WIKI, ...(region === undefined ? {} : { region }) }]);
    expect([region, engine.decide(send).outcome]).toEqual([region, outcome]);
    expect(engine.decide(request({ resource: resource('tool', 'wiki', 'send') })).outcome).toBe('allow');
  }
});

test('who may receive what is refused when it is asked for, or changed in the answer', async () => {
  const engine = await engineOf({
    hr: { data: { confidentiality: 'internal' }, to: { notGroups: ['hr'] }, do: 'refuse', reason: 'for human resources' },
    masked: { data: { categories: ['pii'] }, to: { groups: ['hr'] }, do: 'tokenise', reason: 'names by placeholders' },
  });
  expect(engine.decide(request()).policies).toEqual(['classification:hr:received']);
  expect(engine.decide(request({ principal: { groups: ['hr'] } })).outcome).toBe('allow');
  expect(engine.decide(request({ principal: { groups: ['hr'] }, action: 'respond' })).obligations).toMatchObject([{ kind: 'tokenise', value: 'pii' }]);
});

const FREE = { confidentiality: 'public', categories: [], integrity: 'trusted' } as const;
const READ = { confidentiality: 'confidential', categories: [], integrity: 'untrusted' } as const;

async function defaults(modes: Parameters<typeof defaultPolicies>[0] = {}): Promise<PolicyEngine> {
  const servers = [CRM, { ...WIKI, tier: 'vendor' as const }, { ...WIKI, id: 'hosted', hosting: 'vendor' as const }];
  const compiled = await compilePolicies({ sources: [ALL, ...defaultPolicies(modes)], servers, toolsets: [SALES], obligations: OBLIGATIONS });
  expect(compiled.diagnostics).toEqual([]);
  return loadEngine(compiled.program, 1);
}

const SEND = resource('tool', 'wiki', 'send');
const found = (id: string): readonly [{ detector: string; rule: string; severity: 'high'; at: [] }] => {
  const [detector = '', rule = ''] = id.split('/');
  return [{ detector, rule, severity: 'high', at: [] }];
};

test.each<[string, Parameters<typeof request>[0], Parameters<typeof request>[0]]>([
  ['untrusted-destination', { flow: READ, provenance: { destinations: 'unknown' } }, { flow: FREE, provenance: { destinations: 'unknown' } }],
  ['untrusted-destination', { flow: READ, provenance: { destinations: 'untrusted' } }, { flow: READ, provenance: { destinations: 'trusted' } }],
  ['uncleared-sink', { resource: SEND, flow: FREE, provenance: { confidentiality: 'restricted' } },
    { resource: SEND, flow: FREE, provenance: { confidentiality: 'confidential' } }],
  ['rule-of-two', { resource: SEND, flow: READ }, { resource: SEND, flow: { ...READ, confidentiality: 'internal' } }],
  [
    'poisoned-memory', { resource: { ...resource('tool', 'crm', 'note'), memory: true }, flow: READ, findings: found('hidden-channels/bidi-control') },
    { resource: { ...resource('tool', 'crm', 'note'), memory: true }, flow: FREE, findings: found('hidden-channels/bidi-control') },
  ],
  ['hidden-arguments', { flow: FREE, findings: found('hidden-channels/tag-characters') }, { flow: FREE, findings: found('hidden-channels/zero-width') }],
  ['secret-egress', { flow: FREE, findings: found('secrets/known-secret') }, { flow: FREE, findings: found('secrets/token') }],
  ['pinned-schema', { flow: FREE, findings: found('schema/argument') }, { flow: FREE, findings: found('schema/undeclared') }],
  ['agent-configuration', { flow: FREE, findings: found('agent-config/agent-file') }, { flow: FREE, findings: found('agent-config/read') }],
  ['undisclosed-vendor', { resource: { ...SEND, server: 'hosted' }, flow: FREE }, { resource: SEND, flow: FREE }],
  ['inspection', { flow: FREE, findings: found('inspect/too-large') }, { flow: FREE }],
])('default/%s denies, and not its benign twin; off, it denies nothing; in shadow it says so', async (name, attack, benign) => {
  const engine = await defaults();
  expect(engine.decide(request(attack)).policies).toEqual([`default/${name}`]);
  expect(engine.decide(request(benign)).outcome).toBe('allow');
  expect((await defaults({ [name]: 'off' })).decide(request(attack)).outcome).toBe('allow');
  expect((await defaults({ [name]: 'shadow' })).decide(request(attack))).toMatchObject({ outcome: 'allow', shadow: [`default/${name}`] });
}, 30_000);

test('what follows contexts is in force where nobody says otherwise, and asks for them only where the outcome depends on it', async () => {
  const engine = await defaults();
  expect(engine.decide(request({ flow: READ, provenance: { destinations: 'untrusted' } }))).toMatchObject({ outcome: 'deny' });
  const asked = (change: Parameters<typeof request>[0]): readonly boolean[] => {
    const { readsFlow, readsProvenance } = engine.asks(request(change));
    return [readsFlow, readsProvenance];
  };
  const [read, pay] = [{ ...resource('tool', 'crm', 'find'), effect: 'read' }, { ...resource('tool', 'crm', 'pay'), effect: 'transact' }] as const;
  expect(asked({ resource: read })).toEqual([false, false]);
  expect(asked({ resource: pay })).toEqual([true, true]);
  // Its arguments go to somebody who may not be sent everything.
  expect(asked({ resource: { ...resource('tool', 'wiki', 'send'), effect: 'read' } })).toEqual([false, true]);
  expect(asked({ resource: { ...read, effect: 'write', memory: true } })).toEqual([true, false]);
  expect((await defaults({ 'untrusted-destination': 'off', 'uncleared-sink': 'off', 'rule-of-two': 'off', 'poisoned-memory': 'off' })).readsFlow).toBe(false);
});

test('each says what can be done about it', () => {
  for (const name of DEFAULT_NAMES) expect(wordsOfDefault(`default/${name}`)).toEqual({ reason: expect.stringMatching(/.\.$/),
    remedy: expect.stringMatching(/.\.?$/) });
  expect(wordsOfDefault('own')).toBeUndefined();
});
