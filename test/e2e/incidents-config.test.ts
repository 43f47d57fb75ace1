import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../src/domain/json.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { startRecordingServer, toolNamed, type RecordingServer } from '../fixtures/recording-server.ts';
import launch from '../vectors/launch-metadata.json';
import never from '../vectors/never-matching.json';
import { askModern, objectOf, type Answer } from './asking.ts';
import { verifies } from './requirements.ts';

/** Incident classes 8 and 12 of peers.md part 5, and configuration that is bad: nothing of it comes into force. */
const POLICY = 'permit(principal, action, resource in Server::"notes");\n';
const METADATA: JsonObject = JSON.parse(JSON.stringify(launch.says));

let server: RecordingServer;
let gate: Gate;
let token: string;

beforeAll(async () => {
  server = startRecordingServer({
    says: { tools: [toolNamed('read_note', { ...METADATA, _meta: METADATA })], instructions: JSON.stringify(METADATA) },
  });
  gate = await startGate({ policy: POLICY, manifest: `servers: { notes: { url: "${server.url}", allowPrivate: true, owner: tests } }\n` });
  await gate.enrol('notes');
  token = await gate.token();
}, 30_000);

afterAll(async () => {
  await gate.stop();
  await server.stop();
});

function call(): Promise<Answer> {
  return askModern(`${gate.url}/mcp/notes`, token, 'tools/call', { name: 'read_note', arguments: {} });
}

async function version(): Promise<unknown> {
  return objectOf((await gate.admin('GET', '/status'))['snapshot'])['version'];
}

/** What control refused with; 'accepted' when it did not. */
function refusalOf(method: 'POST' | 'PUT', path: string, body: JsonObject): Promise<string> {
  return gate.admin(method, path, body).then(() => 'accepted', String);
}

describe(verifies('incident-12-never-matches', 'a rule that never matches or does not validate is refused, and changes nothing'), () => {
  test.each(never)('$name', async ({ text, code }) => {
    const before = await version();
    const refusal = await refusalOf('PUT', '/policies', { file: 'extra.cedar', source: `// a comment\n\n  ${text}\n` });
    expect(refusal).toContain(code);
    expect(refusal).toMatch(/extra\.cedar:3:\d+/);
    expect(refusal).toMatch(/"remedy":"\S.{5,}/);
    expect(await version()).toEqual(before);
    expect((await call()).result).toBeDefined();
    const checked = JSON.stringify(await gate.admin('POST', '/policies/check', { policies: [{ file: 'extra.cedar', text }] }));
    expect(checked).toContain(code);
  });

  test('the same rules, rightly written, are accepted', async () => {
    expect(
      await refusalOf('PUT', '/policies', {
        file: 'extra.cedar',
        source:
          'forbid(principal, action == Action::"call_tool", resource == Tool::"notes/read_note") when { context.zone == "external" };',
      }),
    ).toBe('accepted');
  });
});

const DEFINITION: JsonObject = {
  id: 'local',
  owner: 'tests',
  hosting: 'self',
  tier: 'internal',
  labels: { confidentiality: 'internal', categories: [], integrity: 'trusted' },
  credentials: { type: 'none' },
  tools: {},
  endpoint: { transport: 'stdio', launch: { command: '/usr/bin/true', args: [], env: {}, shared: false } },
};

describe(verifies('incident-8-launch-closed', 'how a process starts has no other field'), () => {
  test.each(launch.fields)('%s', async (field) => {
    const spec = { command: '/usr/bin/true', args: [], env: {}, shared: false, [field]: 'x' };
    expect(await refusalOf('POST', '/servers', { ...DEFINITION, endpoint: { transport: 'stdio', launch: spec } })).toMatch(
      /ERR_REQUEST_INVALID/,
    );
    expect(await refusalOf('POST', '/servers', { ...DEFINITION, endpoint: { ...objectOf(DEFINITION['endpoint']), [field]: 'x' } })).toMatch(
      /ERR_REQUEST_INVALID/,
    );
    const yaml = `apiVersion: sallyport/v1\nservers:\n  local: { command: [/usr/bin/true], owner: tests, ${field}: x }\n`;
    expect(await refusalOf('POST', '/manifest', { file: 'sallyport.yaml', text: yaml, policies: [], dryRun: true })).toMatch(
      /ERR_CONFIG_INVALID.*sallyport\.yaml:\d+:\d+/s,
    );
  });

  test('what a server says of itself changes nothing of how it is reached', async () => {
    // What detectors found in its words quotes them.
    const { baseline: _, candidate: __, findings: ___, ...declared } = await gate.admin('GET', '/servers/notes');
    expect(declared['endpoint']).toBe(server.url);
    expect(JSON.stringify(declared)).not.toMatch(/evil|169\.254|LD_PRELOAD|env:HOME|inline-code/);
    expect((await gate.admin('GET', '/manifest'))['text']).not.toMatch(/evil|169\.254|LD_PRELOAD|env:HOME|inline-code|command/);
    const approval = await refusalOf('POST', '/servers/notes/approve', { digest: 'a'.repeat(64), endpoint: METADATA['endpoint'] ?? '' });
    expect(approval).toContain('ERR_REQUEST_INVALID');
  });
});

const GOOD = (url: string): string =>
  `apiVersion: sallyport/v1\npolicies: [policy.cedar]\nservers: { notes: { url: "${url}", allowPrivate: true, owner: tests } }\n`;
const BAD: readonly (readonly [name: string, text: (good: string) => string, code: string, place: RegExp])[] = [
  ['no YAML', (good) => `${good}servers: [`, 'ERR_CONFIG_', /sallyport\.yaml:\d+:\d+/],
  ['a key twice', (good) => `${good}policies: []\n`, 'ERR_CONFIG_', /sallyport\.yaml:4:\d+/],
  ['a key that does not exist', (good) => `${good}polices: []\n`, 'ERR_CONFIG_INVALID', /sallyport\.yaml:4:\d+/],
  [
    'a value of the wrong type',
    (good) => good.replace('allowPrivate: true', 'allowPrivate: "yes"'),
    'ERR_CONFIG_INVALID',
    /sallyport\.yaml:3:\d+/,
  ],
  ['another version', (good) => good.replace('/v1', '/v2'), 'ERR_CONFIG_INVALID', /sallyport\.yaml:1:\d+/],
  [
    'a package without a version',
    (good) => good.replace(/servers: .*/, 'servers: { a: { command: [npx, -y, some-server], owner: tests } }'),
    'ERR_LAUNCH_UNPINNED',
    /sallyport\.yaml:3:\d+/,
  ],
  [
    'a shell',
    (good) => good.replace(/servers: .*/, 'servers: { a: { command: [sh, -c, id], owner: tests } }'),
    'ERR_LAUNCH_FORBIDDEN',
    /sallyport\.yaml:3:\d+/,
  ],
  [
    'a toolset of a server that does not exist',
    (good) => `${good}toolsets: { all: [{ server: nots, tools: "*" }] }\n`,
    'ERR_CONFIG_INVALID',
    /sallyport\.yaml:4:\d+/,
  ],
];

describe(verifies('config-bad', 'a bad sallyport.yaml is refused with its place, and what was in force stays'), () => {
  test.each(BAD)('%s', async (_, change, code, place) => {
    const before = await version();
    const refusal = await refusalOf('POST', '/manifest', {
      file: 'sallyport.yaml',
      text: change(GOOD(server.url)),
      policies: [{ file: 'policy.cedar', text: POLICY }],
    });
    expect(refusal).toContain(code);
    expect(refusal).toMatch(place);
    expect(refusal).toMatch(/"remedy":"\S.{5,}/);
    expect(await version()).toEqual(before);
    expect((await call()).result).toBeDefined();
  });

  test('a bad policy file of a good sallyport.yaml', async () => {
    const refusal = await refusalOf('POST', '/manifest', {
      file: 'sallyport.yaml',
      text: GOOD(server.url),
      policies: [{ file: 'policy.cedar', text: `${POLICY}permit(principal, action);` }],
    });
    expect(refusal).toMatch(/ERR_POLICY_SYNTAX.*policy\.cedar:2:\d+|policy\.cedar:2:\d+.*ERR_POLICY_SYNTAX/s);
    expect((await call()).result).toBeDefined();
  });

  test('control that starts with a bad file keeps the last good snapshot in force', async () => {
    const lone = await startGate({
      policy: POLICY,
      manifest: `servers: { notes: { url: "${server.url}", allowPrivate: true, owner: tests } }\n`,
    });
    await lone.enrol('notes');
    const mine = await lone.token();
    const use = (): Promise<Answer> => askModern(`${lone.url}/mcp/notes`, mine, 'tools/call', { name: 'read_note', arguments: {} });
    expect((await use()).result).toBeDefined();
    await lone.down('control');
    writeFileSync(join(lone.home, 'sallyport.yaml'), 'apiVersion: sallyport/v1\nserverz: {}\n');
    await lone.up('control');
    const status = JSON.stringify(await lone.admin('GET', '/status'));
    expect(status).toMatch(/sallyport\.yaml:2:\d+/);
    expect((await use()).result).toBeDefined();
    await lone.stop();
  }, 20_000);
});

test(
  verifies('config-bad', 'with nothing good ever, everything is denied'),
  async () => {
    const empty = await startGate({
      policy: 'permit(principal, action);',
      manifest: `servers: { notes: { url: "${server.url}", allowPrivate: true, owner: tests } }\n`,
    });
    const mine = await empty.token();
    const before = server.heard.length;
    for (const path of ['/mcp/notes', '/mcp/t/all']) {
      const answer = await askModern(empty.url + path, mine, 'tools/call', { name: 'read_note', arguments: {} });
      expect([answer.result, answer.exchange === undefined]).toEqual([undefined, false]);
    }
    expect(server.heard.length).toBe(before);
    expect(JSON.stringify(await empty.admin('GET', '/status'))).toMatch(/policy\.cedar:1:\d+/);
    await empty.stop();
  },
  20_000,
);
