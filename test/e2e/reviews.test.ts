import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { Database } from 'bun:sqlite';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createJournal } from '../../src/audit/journal.ts';
import { command as audit } from '../../src/cli/audit.ts';
import { number, objects, part, text } from '../../src/cli/json-view.ts';
import { command } from '../../src/cli/review.ts';
import { toRecord } from '../../src/domain/happening.ts';
import { isObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import { connectLink } from '../../src/link/connect.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { startRecordingServer, toolNamed, type RecordingServer } from '../fixtures/recording-server.ts';
import { removeHome } from '../fixtures/record-judge.ts';
import { askModern } from './asking.ts';
import { verifies } from './requirements.ts';

setDefaultTimeout(60_000);

const DAY_MS = 86_400_000;
const TOOLS = ['find', 'list', 'export', 'audit', 'peek'];
const out = mkdtempSync(join(tmpdir(), 'review-'));

let server: RecordingServer;
let gate: Gate;
let [support, sales]: [string, string] = ['', ''];

const call = async (as: string, tool: string): Promise<string> =>
  (await askModern(`${gate.url}/mcp/crm`, as, 'tools/call', { name: tool, arguments: {} })).code ?? 'done';

async function run(of: typeof command, ...args: readonly string[]): Promise<{ readonly code: number; readonly said: string }> {
  let said = '';
  const io = {
    env: {}, cwd: gate.home, interactive: false, signal: new AbortController().signal, confirm: () => Promise.resolve(false),
    out: (words: string) => void (said += words), note: () => undefined,
  };
  return { code: await of.run([...args, '--home', gate.home], io), said };
}

async function review(...args: readonly string[]): Promise<JsonObject> {
  const { said } = await run(command, ...args, '--json');
  const json: Json = JSON.parse(said);
  return isObject(json) ? json : {};
}

beforeAll(async () => {
  server = startRecordingServer({ says: { tools: TOOLS.map((name) => toolNamed(name)) } });
  const tools = TOOLS.map((name) => `${name}: { effect: read }`).join(', ');
  gate = await startGate({ manifest: `servers:
  crm: { url: "${server.url}", allowPrivate: true, owner: crm-team, tools: { ${tools} } }
roles:
  desk: { allow: [{ server: crm, effects: [read] }] }
bindings:
  - { role: desk, to: { group: support } }
  - { role: desk, to: { group: sales } }
` });
  await gate.enrol('crm');
  support = await gate.token({ agent: 'desk', groups: ['support'] });
  sales = await gate.token({ agent: 'desk', groups: ['sales'] });
  // The gate is a quarter old: what is on record of it goes back that far, and it was declared then.
  const link = connectLink({ home: gate.home, self: 'gateway', peer: 'ledger' });
  const journal = createJournal(link, { node: 'gateway-old', incarnation: 'old', seenFile: join(gate.home, 'seen-old.json') });
  await journal.append(toRecord({
    event: 'call.permitted', category: 'access', space: 'default', node: 'gateway-old', id: Bun.randomUUIDv7(), exchange: Bun.randomUUIDv7(),
      at: Date.now() - 120 * DAY_MS,
  }));
  link.close();
  const database = new Database(join(gate.home, 'control', 'store.db'));
  database.run("UPDATE resource SET updated_at = updated_at - ? WHERE kind = 'binding'", [100 * DAY_MS]);
  database.close();
  for (const tool of ['find', 'list']) expect(await call(support, tool)).toBe('done');
});
afterAll(async () => {
  await gate.stop();
  await server.stop();
  removeHome(out);
});

test(verifies('review-takes-effect', 'unused access is narrowed to what was used, and unused rights go, at the gate and at once; the evidence proves it'),
  async () => {
  const id = text(part(await review('open', '--title', 'Q4'), 'id'));
  const items = objects(part(await review('items', id, '--check', 'unused-access'), 'items'));
  const [unused, partly] = [items.find((one) => one['severity'] === 'high'), items.find((one) => one['severity'] === 'medium')];
  expect([unused, partly].map((one) => text(one?.['title']))).toEqual([
    'group sales did not use the role desk at crm for 90 days', 'group support used 2 of 5 tools of crm by the role desk',
  ]);
  const suggested = await review('suggest', id, text(partly?.['id']));
  expect(suggested).toMatchObject({ remedy: { tools: ['find', 'list'] }, replayed: { blocked: 0, undecidable: 0 }, windows: [{ days: 30, tools: 2, blocks: 0 },
    {}, {}] });
  expect(number(part(suggested, 'replayed', 'decisions'))).toBeGreaterThan(1);
  expect(text(suggested['after'])).toContain('Tool::"crm/find"');
  // What is used after it was asked would be blocked, and is said.
  expect(await call(support, 'export')).toBe('done');
  expect(await review('suggest', id, text(partly?.['id']))).toMatchObject({ replayed: { blocked: 1, tools: { export: 1 } } });
  expect(await call(sales, 'find')).toBe('done');
  await review('change', id, text(partly?.['id']), '--reason', 'the least');
  expect(await review('revoke', id, text(unused?.['id']), '--reason', 'nobody needs it')).toMatchObject({ items: [{ state: 'revoked', remedy: 'done' }] });
  expect([await call(support, 'find'), await call(support, 'export'), await call(sales, 'find')]).toEqual(['done', 'ERR_TOOL_UNKNOWN', 'ERR_TOOL_UNKNOWN']);
  for (const one of objects(part(await review('items', id, '--state', 'open'), 'items'))) await review('certify', id, text(one['id']), '--reason', 'looked');
  expect(await review('close', id)).toMatchObject({ remedies: { verified: 2 } });
  await run(command, 'evidence', id, '--out', join(out, 'q4.tar'));
  const { code, said } = await run(audit, 'verify-bundle', join(out, 'q4.tar'), '--json');
  expect([code, JSON.parse(said)]).toEqual([0, expect.objectContaining({ problems: [] })]);
  expect((await run(command, 'report', id)).said).toContain('# Q4');
});
