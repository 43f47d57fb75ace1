import { afterAll, expect, test } from 'bun:test';
import { compileNftables, formatNftables } from '../../registry/segments/nftables.ts';
import { planSegments } from '../../registry/segments/plan.ts';
import { objects, part, text } from '../../cli/json-view.ts';
import { openControl, surfaceSaying } from '../fixture-control.ts';

const fixture = await openControl();
const { api, says } = fixture;
afterAll(() => fixture.close());

const ENDPOINT = { transport: 'http', url: 'https://crm.corp.example/mcp', allowPrivate: false } as const;
const SEGMENT = { addresses: ['10.30.0.7'], pods: { namespace: 'crm', labels: { app: 'crm' } }, egress: [{ addresses: ['10.40.0.5'], port: 5432 }] };

function manifest(gateway: string): string {
  return `apiVersion: sallyport/v1
${gateway}servers:
  crm: { url: "${ENDPOINT.url}", owner: sales@corp.example, segment: ${JSON.stringify(SEGMENT)} }
  lab: { url: "https://lab.corp.example/mcp", owner: lab@corp.example }
  news: { url: "https://news.example/mcp", owner: news@corp.example, hosting: vendor, tier: public, region: eu }
`;
}

async function apply(gateway: string): Promise<void> {
  const { status, body } = await api('POST', '/manifest', { file: 'sallyport.yaml', text: manifest(gateway), policies: [] });
  expect([status, body['code']]).toEqual([200, undefined]);
}

async function events(): Promise<number> {
  return (await fixture.role.control.ledger.query({ space: 'default', event: 'segment.drifted' })).entries.length;
}

const GATE = 'gateway: { listen: 127.0.0.1:7443, segment: { addresses: [10.20.0.5] } }\n';

test('without a place of the gate nothing is compiled', async () => {
  await apply('');
  expect(await api('GET', '/segments?format=nftables')).toMatchObject({ body: { code: 'ERR_SEGMENT_INCOMPLETE' } });
});

test('what is exported is what the registry compiles to, with what it leaves open and what servers must demand', async () => {
  await apply(GATE);
  const plan = planSegments('default', { addresses: ['10.20.0.5'] }, [{ id: 'crm', hosting: 'self', endpoint: ENDPOINT, segment: SEGMENT }]);
  expect(await api('GET', '/segments?format=nftables')).toMatchObject({
    status: 200, body: {
      rules: formatNftables(compileNftables(plan)), servers: ['crm'], gaps: [{ server: 'lab' }], demands: [{ server: 'crm', credential: 'none' }],
    },
  });
  expect(await api('GET', '/segments?format=iptables')).toMatchObject({ status: 400 });
});

test('a drift is recorded, no drift is not', async () => {
  const { body } = await api('GET', '/segments?format=kubernetes');
  const observed = JSON.parse(text(body['rules']));
  expect(await api('POST', '/segments/check', { format: 'kubernetes', observed })).toMatchObject({ status: 200, body: { drift: [] } });
  expect(await events()).toBe(0);
  expect(await api('POST', '/segments/check', { format: 'kubernetes', observed: { items: [] } })).toMatchObject({ body: { drift: [{ what: 'missing' }] } });
  expect(await events()).toBe(1);
  expect(await api('POST', '/segments/check', { format: 'nftables', observed })).toMatchObject({ body: { code: 'ERR_SEGMENT_INVALID' } });
});

test('the matrix says who is accountable, and which minimum controls are not met', async () => {
  says.set('crm', surfaceSaying({ search: {} }));
  const candidate = part((await api('POST', '/servers/crm/scan')).body, 'candidate', 'digest');
  expect((await api('POST', '/servers/crm/approve', { digest: candidate ?? '' })).status).toBe(200);
  const servers = objects((await api('GET', '/server-matrix')).body['servers']);
  expect(servers.map(({ id, gaps }) => [id, gaps])).toEqual([
    ['crm', ['own-credential']],
    ['lab', ['approved', 'refuses-strangers', 'own-credential', 'refuses-pages', 'segment']],
    ['news', ['approved', 'effects', 'disclosed']],
  ]);
  expect(servers[2]?.['accountable']).toMatchObject({ runs: 'the vendor' });
});
