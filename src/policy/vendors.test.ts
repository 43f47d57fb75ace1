import { expect, test } from 'bun:test';
import type { Server, VendorStanding } from '../domain/server.ts';
import { compilePolicies } from './compile.ts';
import { defaultPolicies } from './defaults/table.ts';
import { loadEngine } from './engine.ts';
import { CRM, NOW, OBLIGATIONS, request, resource, WIKI } from './fixture.ts';
import { compileVendor } from './vendors.ts';

const DAY_MS = 86_400_000;

async function engineOf(vendor: VendorStanding | undefined, hosting: Server['hosting'] = 'vendor') {
  const servers = [{ ...CRM, hosting, ...(vendor === undefined ? {} : { vendor }) }, WIKI];
  const sources = [
    ...defaultPolicies({}).filter(({ file }) => file.includes('undisclosed-vendor')), { file: 'all', text: 'permit(principal, action, resource);' },
    ...compileVendor({ id: 'acme', data: { confidentiality: 'internal', categories: ['pii'] } }, 'sallyport.yaml'),
  ];
  const compiled = await compilePolicies({ sources, servers, toolsets: [], obligations: OBLIGATIONS });
  expect(compiled.diagnostics).toEqual([]);
  return loadEngine(JSON.parse(JSON.stringify(compiled.program)), 1);
}

const PUBLIC = { ...resource('tool', 'crm', 'find'), labels: { confidentiality: 'public', categories: [], integrity: 'trusted' } } as const;

test('without a valid disclosure only reading of public data is let through, by time alone', async () => {
  const engine = await engineOf({ id: 'acme', score: 90, disclosedUntil: NOW, attestedAt: NOW - DAY_MS });
  const outcome = (asked: Parameters<typeof request>[0]): string => engine.decide(request(asked)).outcome;
  expect(outcome({ now: NOW - 1 })).toBe('allow');
  expect(outcome({ now: NOW })).toBe('deny');
  expect(outcome({ now: NOW, resource: PUBLIC })).toBe('allow');
  expect(outcome({ now: NOW, resource: { ...PUBLIC, effect: 'write' } })).toBe('deny');
  expect(outcome({ now: NOW, resource: PUBLIC, provenance: { confidentiality: 'internal' } })).toBe('deny');
  expect(outcome({ now: NOW, resource: PUBLIC, action: 'elicit' })).toBe('deny');
  expect(outcome({ now: NOW, resource: resource('server', 'crm', ''), action: 'list' })).toBe('allow');
  expect(outcome({ now: NOW, resource: resource('tool', 'wiki', 'send') })).toBe('allow');
});

test('so it is for what nobody says whose it is, and for what is embedded; not for what is our own', async () => {
  for (const [hosting, expected] of [['vendor', 'deny'], ['embedded', 'deny'], ['self', 'allow']] as const) {
    expect((await engineOf(undefined, hosting)).decide(request()).outcome).toBe(expected);
  }
});

test('what was agreed to be sent to a vendor is all that is', async () => {
  const engine = await engineOf({ id: 'acme', score: 90, disclosedUntil: NOW + DAY_MS, attestedAt: NOW });
  const outcome = (provenance: NonNullable<NonNullable<Parameters<typeof request>[0]>['provenance']>): string =>
    engine.decide(request({ provenance })).outcome;
  expect(outcome({ confidentiality: 'internal', categories: ['pii'] })).toBe('allow');
  expect(outcome({ confidentiality: 'confidential' })).toBe('deny');
  expect(outcome({ categories: ['pii', 'phi'] })).toBe('deny');
});
