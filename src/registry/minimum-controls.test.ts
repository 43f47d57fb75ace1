import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Server } from '../domain/server.ts';
import { ACCOUNTABLE, MINIMUM_CONTROLS, selectControls } from './minimum-controls.ts';
import type { ServerFacts } from './minimum-controls.ts';

const HOSTINGS = ['self', 'vendor', 'embedded'] as const;
const TIERS = ['internal', 'vendor', 'public'] as const;
const URL_ENDPOINT = { transport: 'http', url: 'https://crm.corp.example/mcp', allowPrivate: false } as const;
const SERVER: Server = {
  id: 'crm', space: 'default', endpoint: URL_ENDPOINT, owner: 'a@b.example', hosting: 'self', tier: 'internal', status: 'approved',
  labels: { confidentiality: 'internal', categories: [], integrity: 'trusted' }, credentials: { type: 'none' },
};
const FACTS: ServerFacts = { server: SERVER, isDrifting: false, isInForce: false, credentialFindings: [] };

function states(facts: Partial<ServerFacts>, server: Partial<Server> = {}): Record<string, string> {
  const all = { ...FACTS, ...facts, server: { ...SERVER, ...server } };
  return Object.fromEntries(selectControls(all.server).map(({ id, state }) => [id, state(all)]));
}

function mark(tiers: readonly string[]): string {
  return tiers.length === TIERS.length ? 'all' : tiers.join(', ') || '–';
}

test('every hosting with every tier selects controls, and each control is selected somewhere', () => {
  const selected = HOSTINGS.flatMap((hosting) => TIERS.map((tier) => selectControls({ hosting, tier, endpoint: URL_ENDPOINT }).map(({ id }) => id)));
  for (const ids of selected) expect(ids).toEqual(expect.arrayContaining(['approved', 'undrifted', 'encrypted', 'credential-kept']));
  expect(selected.every((ids) => ids.length > 4)).toBe(true);
  for (const control of MINIMUM_CONTROLS) expect([...control.self, ...control.vendor, ...control.embedded]).not.toEqual([]);
  expect(new Set(MINIMUM_CONTROLS.map(({ id }) => id)).size).toBe(MINIMUM_CONTROLS.length);
});

test('docs/segments.md shows the table as it is', () => {
  const rows = MINIMUM_CONTROLS.map(({ id, says, where, self, vendor, embedded, sources }) => (
    `| ${id} | ${says}${where === undefined ? '' : ` (${where})`} | ${mark(self)} | ${mark(vendor)} | ${mark(embedded)} | ${sources} |`));
  expect(readFileSync(join(import.meta.dir, '../../docs/segments.md'), 'utf8')).toContain(rows.join('\n'));
  expect(Object.keys(ACCOUNTABLE)).toEqual([...HOSTINGS]);
});

test('what is not known is not met', () => {
  expect(states({})).toEqual({
    approved: 'gap', undrifted: 'met', encrypted: 'met', 'refuses-strangers': 'unknown', 'own-credential': 'gap', 'credential-kept': 'met',
    'refuses-pages': 'unknown', segment: 'gap',
  });
  expect(states({ exposure: { answersUnauthenticated: null, acceptsForeignOrigin: null } })).toMatchObject({ 'refuses-strangers': 'unknown' });
  const open = { answersUnauthenticated: true, acceptsForeignOrigin: true };
  expect(states({ exposure: open })).toMatchObject({ 'refuses-strangers': 'gap', 'refuses-pages': 'gap' });
  const shut = { answersUnauthenticated: false, acceptsForeignOrigin: null };
  expect(states({ exposure: shut })).toMatchObject({ 'refuses-strangers': 'met', 'refuses-pages': 'met' });
});

test('what the registry shows is met', () => {
  const gate = { addresses: ['10.20.0.5'] };
  const declared: Partial<Server> = { segment: { addresses: ['10.30.0.7'] }, credentials: { type: 'header', header: 'X', secret: 'vault:x' } };
  expect(states({ gate, isDrifting: true, credentialFindings: ['credential-unowned'] }, declared))
    .toMatchObject({ segment: 'met', undrifted: 'gap', 'credential-kept': 'gap', 'own-credential': 'met' });
  expect(states({}, { segment: { addresses: ['10.30.0.7'] } })).toMatchObject({ segment: 'gap' });
  expect(states({}, { hosting: 'vendor', tier: 'public', flow: { clearance: 'restricted' } }))
    .toMatchObject({ clearance: 'gap', 'untrusted-results': 'gap', region: 'gap', 'short-lived': 'met' });
  expect(states({}, { hosting: 'vendor', tier: 'vendor', region: 'eu', credentials: { type: 'header', header: 'X', secret: 'vault:x' } }))
    .toMatchObject({ clearance: 'met', region: 'met', 'short-lived': 'gap', disclosed: 'gap' });
  expect(states({ isDisclosed: true }, { hosting: 'embedded', tier: 'vendor' })).toMatchObject({ disclosed: 'met' });
  expect(states({}, { endpoint: { ...URL_ENDPOINT, url: 'http://10.0.0.7/mcp' } })).toMatchObject({ encrypted: 'gap' });
});
