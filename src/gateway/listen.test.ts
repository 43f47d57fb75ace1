import { afterAll, beforeAll, expect, test } from 'bun:test';
import { startCrm, type Crm } from '../../demo/crm.ts';
import { startGate, type Gate } from '../../test/fixtures/gate.ts';
import { modernRequest, readCalled, toolParams, type Called } from '../../test/fixtures/modern-call.ts';

/** What sallyport.yaml says of the network, as a request at the gate's real door meets it. */
let crm: Crm;
let gate: Gate;
let token: string;

const POLICY = 'permit(principal, action, resource) when { context.zone == "internal" };';
const SERVERS = (): string => `servers: { crm: { url: "${crm.url}", allowPrivate: true, owner: tests } }\n`;
const PROXIED = 'gateway: { listen: "127.0.0.1:0", trustedProxy: "127.0.0.1" }\n';
const NETWORK = 'network: { internal: [203.0.113.0/24], origins: ["https://app.corp.example"] }\n';

beforeAll(async () => {
  crm = startCrm();
  gate = await startGate({ policy: POLICY, manifest: PROXIED + NETWORK + SERVERS() });
  await gate.enrol('crm');
  token = await gate.token();
}, 30_000);

afterAll(async () => {
  await gate.stop();
  await crm.stop();
});

async function search(headers: Readonly<Record<string, string>>): Promise<Called> {
  const request = modernRequest(token, 'tools/call', toolParams('search_contacts', { query: 'ada' }));
  const response = await fetch(`${gate.url}/mcp/crm`, { ...request, headers: { ...Object.fromEntries(new Headers(request.headers)), ...headers } });
  return readCalled(response.status, await response.text());
}

async function addressOf(exchange: string | undefined): Promise<unknown> {
  return (await gate.records({ exchange: exchange ?? '' })).at(-1)?.['address'];
}

/** Applies another manifest and waits until the gateway follows it. */
async function apply(manifest: string, until: () => Promise<boolean>): Promise<void> {
  const text = `apiVersion: sallyport/v1\npolicies: [policy.cedar]\n${manifest}${SERVERS()}`;
  await gate.admin('POST', '/manifest', { file: 'sallyport.yaml', text, policies: [{ file: 'policy.cedar', text: POLICY }] });
  while (!(await until())) await Bun.sleep(5);
}

test('a trusted front proxy\'s last word is the caller\'s address: in its zone, and in the record', async () => {
  expect((await search({ 'x-forwarded-for': '10.1.2.3' })).result).toBeDefined();
  expect((await search({ 'x-forwarded-for': '8.8.8.8, 203.0.113.9' })).result).toBeDefined();
  // What stands before the proxy's own word is the client's claim.
  const outside = await search({ 'x-forwarded-for': '203.0.113.9, 8.8.8.8' });
  expect(outside.code).toBe('ERR_TOOL_UNKNOWN');
  expect(await addressOf(outside.exchange)).toBe('8.8.8.8');
  const nonsense = await search({ 'x-forwarded-for': '10.1.2.3, <script>' });
  expect(await addressOf(nonsense.exchange)).toBe('127.0.0.1');
});

test('origins and the trusted proxy hold and end with what is in force, without a restart', async () => {
  const app = { origin: 'https://app.corp.example', 'x-forwarded-for': '10.1.2.3' };
  expect((await search(app)).result).toBeDefined();
  await apply('gateway: { listen: "127.0.0.1:0" }\nnetwork: { internal: [203.0.113.0/24] }\n', async () => (await search(app)).code === 'ERR_ORIGIN_FORBIDDEN');
  // Nobody's header is believed any more: the call comes from this machine.
  const claimed = await search({ 'x-forwarded-for': '10.1.2.3' });
  expect(claimed.code).toBe('ERR_TOOL_UNKNOWN');
  expect(await addressOf(claimed.exchange)).toBe('127.0.0.1');
});

test('a body that comes late is judged when it is there: not by the lease of when it began', async () => {
  const cut = await startGate({ policy: 'permit(principal, action, resource);', manifest: SERVERS(), leaseMs: 1_500 });
  try {
    await cut.enrol('crm');
    const request = modernRequest(await cut.token(), 'tools/call', toolParams('search_contacts', { query: 'ada' }));
    const call = async (body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>): Promise<Called> => {
      const response = await fetch(`${cut.url}/mcp/crm`, { ...request, body });
      return readCalled(response.status, await response.text());
    };
    const text = new TextEncoder().encode(typeof request.body === 'string' ? request.body : '');
    const rest = Promise.withResolvers<void>();
    const late = call(new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(text.slice(0, 20));
        await rest.promise;
        controller.enqueue(text.slice(20));
        controller.close();
      },
    }));
    expect((await call(text)).result).toBeDefined();
    await cut.down('control');
    while ((await call(text)).code !== 'ERR_LEASE_EXPIRED') await Bun.sleep(20);
    const before = crm.effects.length;
    rest.resolve();
    expect((await late).code).toBe('ERR_LEASE_EXPIRED');
    expect(crm.effects).toHaveLength(before);
  } finally {
    await cut.stop();
  }
}, 30_000);
