import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { UrlElicitationRequiredError } from '@modelcontextprotocol/client';
import { McpError } from '@modelcontextprotocol/sdk/types.js';
import type { Approval } from '../../../src/control/approvals/words.ts';
import { denyApproval } from '../../../src/control/approvals/decide.ts';
import { putStored } from '../../../src/control/stored.ts';
import { part, text } from '../../../src/cli/json-view.ts';
import { startApproving, type Approving } from '../../fixtures/approving.ts';
import { connectV1, connectV2 } from '../../fixtures/clients.ts';
import { CLIENTS, type ClientName } from '../../fixtures/era-clients.ts';
import { SERVER_ERAS, startHostile, type HostileServer, type ServerEra } from '../../fixtures/hostile/server.ts';
import { verifies } from '../requirements.ts';

setDefaultTimeout(60_000);

/* What official clients of both eras meet before servers of both eras where a person must approve a call. */

const POLICY = SERVER_ERAS.map((era) => `@id("approved-${era}") @approve("owner")
forbid(principal, action == Action::"call_tool", resource == Tool::"outbox-${era}/send");`).join('\n');
const PAIRS = CLIENTS.flatMap((client) => SERVER_ERAS.map((era) => ({ client, era })));

let on: Approving;
let servers: Readonly<Record<ServerEra, HostileServer>>;

beforeAll(async () => {
  const offer = { tools: { send: { description: 'Sends.', takes: ['to', 'text'], does: () => 'Sent.' } } };
  servers = { legacy: startHostile('legacy', offer), modern: startHostile('modern', offer) };
  const settings = 'allowPrivate: true, owner: olga, tools: { send: { effect: communicate } }';
  const entries = SERVER_ERAS.map((era) => `  outbox-${era}: { url: "${servers[era].url}", ${settings} }\n`);
  on = await startApproving(`permit(principal, action, resource);\n${POLICY}`, { olga: [] }, entries.join(''), true);
  await on.gate.enrol('outbox-legacy', 'outbox-modern');
});
afterAll(async () => {
  await on.stop();
  for (const server of Object.values(servers)) await server.stop();
});

/** One client of an agent, and what it did. */
interface Sender {
  send(to: string, onprogress?: (progress: object) => void): Promise<object>;
  close(): Promise<void>;
}

const NOTHING = {};
const URLS = { elicitation: { url: {} } };

async function connect(client: ClientName, era: ServerEra, token: string, capabilities: Record<string, object>, gateway = on.gate.url): Promise<Sender> {
  const url = `${gateway}/mcp/outbox-${era}`;
  const params = (to: string): { readonly name: string; readonly arguments: Record<string, string> } => ({ name: 'send', arguments: { to, text: client } });
  if (client === 'v1') {
    const sdk = await connectV1(url, token, capabilities);
    return { send: (to, onprogress) => sdk.callTool(params(to), undefined, onprogress && { onprogress }), close: () => sdk.close() };
  }
  const sdk = await connectV2(url, token, client === 'v2 modern' ? 'auto' : 'legacy', capabilities);
  // The person goes where they are led, and approves what they see there.
  if ('elicitation' in capabilities) {
    sdk.setRequestHandler('elicitation/create', async ({ params: asked }) => {
      const approval = (await on.approvals()).find(({ id }) => JSON.stringify(asked).includes(`${on.gate.controlUrl}/approvals/${id}"`));
      if (approval === undefined) throw new Error('led nowhere');
      await on.grant('olga', approval);
      return { action: 'accept' };
    });
  }
  return { send: (to, onprogress) => sdk.callTool(params(to), onprogress && { onprogress }), close: () => sdk.close() };
}

async function lastOf(agent: string): Promise<Approval> {
  const found = (await on.approvals()).findLast(({ body }) => body.principal.agent === agent);
  if (found === undefined) throw new Error('nothing was asked');
  return found;
}

/** The code with which the gate refused, in words that promise nothing that this client can't do; empty: it did not. */
async function refused(work: Promise<object>): Promise<string> {
  const fault: unknown = await work.then(() => undefined, (error: unknown) => error);
  if (fault === undefined) return '';
  if (!(fault instanceof Error) || !('data' in fault) || !('code' in fault)) throw fault;
  expect(fault.code).not.toBe(ELICITATION_REQUIRED);
  return text(part(JSON.parse(JSON.stringify(fault.data)), 'code'));
}

/** 2025-11-25, URLElicitationRequiredError. */
const ELICITATION_REQUIRED = -32042;
const REQUIRED = 'ERR_APPROVAL_REQUIRED';

describe.each(PAIRS)('$client client, $era server', ({ client, era }) => {
  const agent = `${client.replace(' ', '-')}-${era}`;
  const sent = (): number => servers[era].deeds.length;

  test(verifies('approval-both-eras', 'who can be led nowhere is told so; what is approved is run once, as it was, for whom it was'), async () => {
    const [token, other] = [await on.gate.token({ agent }), await on.gate.token({ agent: `${agent}-other` })];
    const [east, west, stranger] = await Promise.all([
      connect(client, era, token, NOTHING), connect(client, era, token, NOTHING, on.west.url), connect(client, era, other, NOTHING),
    ]);
    const before = sent();
    expect(await refused(east.send('ann'))).toBe(REQUIRED);
    const asked = await lastOf(agent);
    await on.grant('olga', asked);
    expect([await refused(stranger.send('ann')), await refused(east.send('anna'))]).toEqual([REQUIRED, REQUIRED]);
    expect(sent()).toBe(before);
    const race = await Promise.all([east, west, east, west].map((one) => refused(one.send('ann'))));
    expect(race.toSorted()).toEqual(['', REQUIRED, REQUIRED, REQUIRED]);
    expect([await refused(east.send('ann')), await refused(west.send('ann'))]).toEqual([REQUIRED, REQUIRED]);
    expect(servers[era].deeds.slice(before)).toEqual([{ tool: 'send', given: { to: 'ann', text: client } }]);
    await Promise.all([east, west, stranger].map((one) => one.close()));
  });

  test('what was approved too long ago, or refused, is not run', async () => {
    const late = await connect(client, era, await on.gate.token({ agent: `${agent}-late` }), NOTHING);
    const before = sent();
    expect(await refused(late.send('ann'))).toBe(REQUIRED);
    const [granted] = await on.grant('olga', await lastOf(`${agent}-late`));
    if (granted === undefined) throw new Error('not granted');
    await putStored(on.gate.control().store, 'approval', 'default', granted.id, { ...granted.body, expiresAt: Date.now() - 1 }, 'test');
    expect(await refused(late.send('ann'))).toBe(REQUIRED);
    const asked = await lastOf(`${agent}-late`);
    await denyApproval(on.gate.control(), 'default', asked.id, { id: on.people['olga'] ?? '', via: 'page' }, 'not them');
    expect(await refused(late.send('ann'))).toBe('ERR_APPROVAL_DENIED');
    expect(sent()).toBe(before);
    await late.close();
  });

  test(verifies('approval-both-eras', 'who can show an address is led to the page of the call, and it runs once it is approved there'), async () => {
    const token = await on.gate.token({ agent: `${agent}-url` });
    const sender = await connect(client, era, token, URLS);
    const before = sent();
    if (client !== 'v2 modern') {
      const fault: unknown = await sender.send('ann').catch((error: unknown) => error);
      const { id } = await lastOf(`${agent}-url`);
      expect(fault).toBeInstanceOf(client === 'v1' ? McpError : UrlElicitationRequiredError);
      const question = { mode: 'url', elicitationId: id, url: `${on.gate.controlUrl}/approvals/${id}` };
      expect(fault).toMatchObject({ code: ELICITATION_REQUIRED, data: { elicitations: [question] } });
      await on.grant('olga', await lastOf(`${agent}-url`));
    }
    expect(await sender.send('ann')).toMatchObject({ content: [{ text: 'Sent.' }] });
    expect(sent()).toBe(before + 1);
    await sender.close();
  });
});

/** How a call that is held may end, and the code that its caller is told then. */
const ENDS = { granted: '', denied: 'ERR_APPROVAL_DENIED', killed: 'ERR_KILLED' } as const;

test(verifies('approval-both-eras', 'who listens for progress is held until somebody approves, refuses, or stops the caller'), async () => {
  const held: { readonly client: ClientName; readonly era: ServerEra; readonly end: keyof typeof ENDS; readonly agent: string; readonly token: string }[] = [];
  for (const { client, era } of PAIRS) {
    for (const end of ['granted', 'denied', 'killed'] as const) {
      const agent = `held-${client.replace(' ', '-')}-${era}-${end}`;
      held.push({ client, era, end, agent, token: await on.gate.token({ agent }) });
    }
  }
  await Promise.all(held.map(async ({ client, era, end, agent, token }) => {
    const sender = await connect(client, era, token, NOTHING);
    const told = Promise.withResolvers<object>();
    const called = refused(sender.send(agent, told.resolve));
    expect(JSON.stringify(await told.promise)).toContain('Waits for a person');
    const asked = await lastOf(agent);
    if (end === 'granted') await on.grant('olga', asked);
    else if (end === 'denied') await denyApproval(on.gate.control(), 'default', asked.id, { id: on.people['olga'] ?? '', via: 'page' }, 'no');
    else await on.gate.admin('PUT', '/kill', { target: 'agent', name: agent, on: true, reason: 'test' });
    expect([agent, await called]).toEqual([agent, ENDS[end]]);
    expect(servers[era].deeds.filter(({ given }) => given['to'] === agent)).toHaveLength(end === 'granted' ? 1 : 0);
    await sender.close();
  }));
});
