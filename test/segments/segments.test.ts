import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { z } from 'zod';
import { administer } from '../fixtures/gate.ts';
import type { Administration } from '../fixtures/gate.ts';
import { openNetwork } from '../fixtures/netns.ts';
import type { TestNetwork } from '../fixtures/netns.ts';
import { verifies } from '../e2e/requirements.ts';

const BUN = process.execPath;
const HERE = import.meta.dir;
const PARTIES = ['gate', 'agent', 'server', 'database', 'neighbour', 'outside'] as const;
const STARTED = z.object({ home: z.string(), url: z.string() });
const END = '2099-01-01';

const POLICY = '@id("all")\npermit(principal, action, resource);\n';

let network: TestNetwork;
let home = '';
let url = '';
let gate: Administration;
let token = '';
const running: Bun.Subprocess<'pipe', 'pipe', 'pipe'>[] = [];

function exception(server: string, rule: string): string {
  return `  - { scope: { server: ${server}, rule: ${rule} }, reason: a test, owner: a@b.example, approver: c@b.example, expires: "${END}" }`;
}

/** `server` is guarded, reaches the database and, by a network that is far too wide, would reach its neighbour. */
function manifest(): string {
  const at = (party: string): string => `[${network.address(party)}, "${network.address(party, 6)}"]`;
  return `gateway: { listen: "${network.address('gate')}:7443", publicUrl: "https://${network.address('gate')}:7443", segment: { addresses: ${at('gate')} } }
servers:
  crm:
    url: http://${network.address('server')}:8080/mcp
    allowPrivate: true
    owner: sales@corp.example
    segment:
      addresses: ${at('server')}
      egress:
        - { addresses: ${at('database')}, port: 5432 }
        - { addresses: [10.77.0.0/16], port: 8080 }
  wiki:
    url: http://${network.address('neighbour')}:8080/mcp
    allowPrivate: true
    owner: docs@corp.example
    segment: { addresses: ${at('neighbour')} }
exceptions:
${['crm', 'wiki'].flatMap((server) => ['cleartext', 'unauthenticated', 'foreign-origin'].map((rule) => exception(server, `exposure-${rule}`))).join('\n')}
`;
}

async function firstLine(child: Bun.Subprocess<'pipe', 'pipe', 'pipe'>): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout) {
    text += new TextDecoder().decode(chunk);
    if (text.includes('\n')) return text.split('\n')[0] ?? '';
  }
  throw new Error(`it ended: ${await new Response(child.stderr).text()}`);
}

async function connects(from: string, to: string, port: number, family: 4 | 6 = 4): Promise<string> {
  return (await network.run(from, [BUN, join(HERE, 'party.ts'), 'connect', network.address(to, family), String(port)])).trim();
}

function both(from: string, to: string, port: number): Promise<readonly string[]> {
  return Promise.all([connects(from, to, port), connects(from, to, port, 6)]);
}

/** One call of a tool by the agent, through the gate. */
async function callThroughGate(): Promise<string> {
  const script = `const { callTool } = await import(${JSON.stringify(join(HERE, '../fixtures/modern-call.ts'))});
const called = await callTool(${JSON.stringify(`${url}/mcp/crm`)}, ${JSON.stringify(token)}, 'charge', { id: 'x' });
console.log(JSON.stringify(called));`;
  return network.run('agent', ['env', `NODE_EXTRA_CA_CERTS=${join(home, 'ca', 'ca.pem')}`, BUN, '-e', script]);
}

async function sallyport(args: readonly string[], input = ''): Promise<{ readonly code: number; readonly out: string; readonly complaint: string }> {
  const child = Bun.spawn([BUN, join(HERE, '../../src/cli/main.ts'), ...args, '--home', home], {
    stdin: new Blob([input]), stdout: 'pipe', stderr: 'pipe', env: process.env,
  });
  const [out, complaint, code] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text(), child.exited]);
  return { code, out, complaint };
}

beforeAll(async () => {
  network = await openNetwork(PARTIES);
  for (const party of ['server', 'database', 'neighbour', 'outside']) {
    const child = network.start(party, [BUN, join(HERE, 'party.ts'), 'serve']);
    running.push(child);
    await firstLine(child);
  }
  const child = network.start('gate', [BUN, join(HERE, 'gate.ts'), manifest(), POLICY, `${network.address('gate')}:7443`]);
  running.push(child);
  ({ home, url } = STARTED.parse(JSON.parse(await firstLine(child))));
  gate = administer(home);
  await gate.enrol('crm');
  token = await gate.token();
}, 60_000);

afterAll(async () => {
  for (const child of running.toReversed()) {
    await child.stdin.end();
    child.kill();
    await child.exited;
  }
  await network.close();
});

async function load(): Promise<string> {
  const { code, out, complaint } = await sallyport(['segment', 'export', '--format', 'nftables']);
  expect([code, complaint]).toEqual([0, '']);
  // On the routers between them, and on the machines of the servers themselves.
  for (const party of [undefined, 'server', 'neighbour']) {
    await network.run(party, ['nft', '-c', '-f', '-'], out);
    await network.run(party, ['nft', '-f', '-'], out);
  }
  return out;
}

describe('hosted servers in a network', () => {
  test('without rules anybody who reaches a server calls it past the gate, and it reaches anybody', async () => {
    expect(await connects('agent', 'server', 8080)).toBe('connected');
    expect(await connects('server', 'outside', 5432)).toBe('connected');
  });

  const SHUT = 'with the exported rules a direct call fails, through the gate it succeeds, and a server reaches only what is declared';
  test(verifies('segment-direct-call', SHUT), async () => {
    const rules = await load();
    const refused = ['EHOSTUNREACH', 'EACCES', 'ECONNREFUSED'];
    // The gate needs no other port of a server; what a server may reach is no way around the gate to another server.
    for (const [from, to, port] of [['agent', 'server', 8080], ['gate', 'server', 5432], ['server', 'outside', 5432], ['server', 'neighbour', 8080]] as const) {
      expect([from, to, (await both(from, to, port)).map((how) => (refused.includes(how) ? 'refused' : how))]).toEqual([from, to, ['refused', 'refused']]);
    }
    // Who has no segment goes on as before.
    for (const [from, to, port] of [['gate', 'server', 8080], ['server', 'database', 5432], ['agent', 'outside', 5432]] as const) {
      expect([from, to, await both(from, to, port)]).toEqual([from, to, ['connected', 'connected']]);
    }
    expect(await callThroughGate()).toContain('done x');
    expect(await load()).toBe(rules);
  }, 30_000);

  test(verifies('segment-drift', 'what is loaded and differs from the registry is found, and on record; what is loaded as exported is not'), async () => {
    await load();
    const check = async (): Promise<number> => {
      const listing = await network.run(undefined, ['nft', '-j', 'list', 'ruleset']);
      const { code, complaint } = await sallyport(['segment', 'check', '--format', 'nftables', '-'], listing);
      expect(complaint).toBe('');
      return code;
    };
    expect(await check()).toBe(0);
    expect(await gate.records({ event: 'segment.drifted' })).toHaveLength(0);
    await network.run(undefined, ['nft', 'insert', 'rule', 'inet', 'sallyport_default', 'judge', 'ip', 'saddr', network.address('agent'), 'accept']);
    expect(await check()).toBe(1);
    expect(await connects('agent', 'outside', 5432)).toBe('connected');
    const [record] = await gate.records({ event: 'segment.drifted' });
    expect(record).toMatchObject({ category: 'detection', detail: { format: 'nftables', places: 1, drift: [{ at: 'chain judge', what: 'extra' }] } });
    await load();
    expect(await check()).toBe(0);
  }, 30_000);

  test('what is left open is said, and fails where it is checked', async () => {
    expect((await sallyport(['segment', 'export', '--format', 'nftables', '--check'])).code).toBe(0);
    await gate.admin('POST', '/servers', {
      id: 'lab', owner: 'lab@corp.example', hosting: 'self', tier: 'internal',
      endpoint: { transport: 'http', url: 'https://lab.corp.example', allowPrivate: false },
      labels: { confidentiality: 'internal', categories: [], integrity: 'trusted' }, credentials: { type: 'none' }, tools: {},
    });
    expect(await sallyport(['segment', 'export', '--format', 'nftables', '--check'])).toMatchObject({ code: 1, out: expect.stringContaining('lab') });
    const exported = await sallyport(['segment', 'export', '--format', 'nftables']);
    expect([exported.code, exported.complaint]).toEqual([0, expect.stringContaining('open: lab declares no segment')]);
    expect(await sallyport(['server', 'matrix', '--gaps', '--fail-on-gap'])).toMatchObject({ code: 1, out: expect.stringContaining('segment') });
    expect((await sallyport(['segment', 'check', '--format', 'nftables', '-'], 'no JSON')).complaint).toContain('ERR_SEGMENT_INVALID');
  }, 30_000);
});
