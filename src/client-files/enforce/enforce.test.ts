import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../../../test/fixtures/code-of.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { CLIENT_TABLE } from '../table/table.ts';
import { deploy, findDrift } from './deploy.ts';
import { checkPlan } from './plan.ts';
import type { EnforcePlan, Offered, Sanctioned, Situation, Target } from './plan.ts';
import { readDocument, render } from './render.ts';
import { TARGETS, UNENFORCED } from './table.ts';

const SALLYPORT = '/usr/bin/sallyport';
const CRM: Sanctioned = { name: 'crm', command: [SALLYPORT, 'connect', 'crm'], url: 'https://gate.example:7443/mcp/crm' };
const WIKI: Sanctioned = { name: 'wiki', url: 'https://gate.example:7443/mcp/wiki' };
const PLAN: EnforcePlan = { servers: [CRM, WIKI], registry: 'https://gate.example:7444/v0.1', namespace: 'com.example.gate', isExclusive: false };

const offer = (name: string, how: { readonly command?: string; readonly url?: string }, origin: Offered['origin'] = 'user'): Offered =>
  ({ name, origin, ...(how.url === undefined ? { command: (how.command ?? '').split(' ') } : { url: how.url }) });
const CRM_COMMAND = offer('crm', { command: `${SALLYPORT} connect crm` });
const CRM_URL = offer('crm-url', { url: 'https://gate.example:7443/mcp/crm' });
const ROGUE = offer('crm', { command: 'npx -y evil-crm' });
const ROGUE_URL = offer('wiki', { url: 'https://evil.example/mcp' });

function target(id: string): Target {
  const found = TARGETS.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no target ${id}`);
  return found;
}

/** What the client finds once its documents are deployed: read back from the text that was written. */
function deployed(id: string, plan: EnforcePlan = PLAN): Situation['deployed'] {
  return Object.fromEntries(target(id).compile(plan).map((artefact) => [artefact.id, readDocument(render(artefact, undefined), artefact.format, artefact.id)]));
}

function names(id: string, offered: readonly Offered[], more: Partial<Situation> = {}, plan: EnforcePlan = PLAN): string {
  const loaded = target(id).simulate({ deployed: deployed(id, plan), offered, ...more });
  return loaded.map(({ name, command, url }) => `${name}=${url ?? command?.join(' ') ?? ''}`).join(' | ');
}

const ALL = [CRM_COMMAND, CRM_URL, ROGUE, ROGUE_URL];
const COMMAND = `crm=${SALLYPORT} connect crm`;
const ADDRESS = 'crm-url=https://gate.example:7443/mcp/crm';
const WIKI_ADDRESS = 'wiki=https://gate.example:7443/mcp/wiki';

describe('what is sanctioned loads, and nothing else by its name', () => {
  test.each([
    ['claude-code', `${COMMAND} | ${ADDRESS}`], ['copilot', `${COMMAND} | ${ADDRESS}`], ['codex', `${COMMAND} | ${ADDRESS}`],
    // Names with definitions of their own: the rogue's name is taken by the sanctioned command.
    ['gemini-cli', `${COMMAND} | ${WIKI_ADDRESS}`],
  ])('%s', (id, wanted) => {
    expect(names(id, ALL)).toBe(wanted);
  });

  test('nothing sanctioned is nothing loaded', () => {
    const none = { ...PLAN, servers: [] };
    for (const id of ['claude-code', 'copilot', 'codex']) expect([id, names(id, ALL, {}, none)]).toEqual([id, '']);
    expect(names('gemini-cli', [...ALL, offer('sallyport-none', { command: 'sh' })], {}, none)).toBe('sallyport-none=/bin/false');
  });

  test('without a document each client loads what it is offered: it is the document that holds', () => {
    const loaded = TARGETS.map((one) => [one.id, one.simulate({ deployed: {}, offered: ALL }).length] as const);
    // Gemini's are a map: of two with one name the later one is left.
    expect(loaded.filter(([id, count]) => count !== (id === 'gemini-cli' ? 3 : ALL.length))).toEqual([]);
  });
});

const claude = (settings: JsonObject, offered: readonly Offered[], user: Json = {}): string =>
  target('claude-code').simulate({ deployed: { 'claude-code/managed-settings': settings }, offered, user }).map(({ name }) => name).join();
const url = (pattern: string): Json => ({ serverUrl: pattern });
const at = (address: string): Offered => offer('x', { url: address });

describe('Claude Code\'s rules', () => {
  const rows: readonly (readonly [what: string, settings: JsonObject, offered: readonly Offered[], loads: string, user?: JsonObject])[] = [
    ['an unset list lets all through', {}, [ROGUE], 'crm'],
    ['an empty list lets nothing through', { allowedMcpServers: [] }, [ROGUE, ROGUE_URL], ''],
    ['a name counts where no entry of that transport stands', { allowedMcpServers: [{ serverName: 'crm' }] }, [ROGUE, ROGUE_URL], 'crm'],
    ['a name no longer counts beside a command', { allowedMcpServers: [{ serverName: 'crm' }, { serverCommand: ['a'] }] }, [ROGUE], ''],
    ['it still does for the other transport', { allowedMcpServers: [{ serverName: 'wiki' }, { serverCommand: ['a'] }] }, [ROGUE, ROGUE_URL], 'wiki'],
    ['a command is exact, in order', { allowedMcpServers: [{ serverCommand: ['npx', 'evil-crm', '-y'] }] }, [ROGUE], ''],
    ['deny wins', { allowedMcpServers: [{ serverName: 'crm' }], deniedMcpServers: [{ serverName: 'crm' }] }, [ROGUE], ''],
    ['a person\'s list widens without the managed-only key', { allowedMcpServers: [] }, [ROGUE], 'crm', { allowedMcpServers: [{ serverName: 'crm' }] }],
    ['and not with it', { allowedMcpServers: [], allowManagedMcpServersOnly: true }, [ROGUE], '', { allowedMcpServers: [{ serverName: 'crm' }] }],
    ['a person may still deny', { allowManagedMcpServersOnly: true }, [ROGUE], '', { deniedMcpServers: [{ serverName: 'crm' }] }],
    ['servers of the program pass', { allowedMcpServers: [] }, [offer('ide', { command: 'ide' }, 'built-in')], 'ide'],
    ['connectors are off', { disableClaudeAiConnectors: true }, [offer('Slack', { url: 'https://slack.example/mcp' }, 'connector')], ''],
    ['plug-ins only', { strictPluginOnlyCustomization: ['mcp'] }, [ROGUE, offer('p', { command: 'p' }, 'plugin')], 'p'],
    ['a list that can\'t be read lets nothing through', { allowedMcpServers: [{ serverName: 'crm', serverUrl: 'x' }] }, [ROGUE], ''],
  ];
  const whole = rows.map(([what, settings, offered, loads, user = {}]) => [what, settings, offered, loads, user] as const);
  test.each(whole)('%s', (_, settings, offered, loads, user) => {
    expect(claude(settings, offered, user)).toBe(loads);
  });

  test.each([
    ['https://mcp.example.com/*', 'https://mcp.example.com/a/b', true], ['https://mcp.example.com', 'https://mcp.example.com/a', true],
    ['https://*.example.com/*', 'https://a.b.example.com/', true], ['https://*.example.com/*', 'https://example.com/', false],
    ['http://localhost:*/*', 'http://localhost:3000/mcp', true], ['*://mcp.example.com/*', 'http://mcp.example.com/x', true],
    ['https://MCP.example.com/mcp', 'https://mcp.EXAMPLE.com/mcp', true], ['https://mcp.example.com/mcp', 'https://mcp.example.com/MCP', false],
    ['https://mcp.example.com/mcp', 'https://mcp.example.com/mcp/..', false], ['https://mcp.example.com/mcp', 'https://mcp.example.com/mcp?a=b', false],
    ['https://mcp.example.com/mcp', 'https://mcp.example.com@evil.example/mcp', false],
    ['https://mcp.example.com:443/mcp', 'https://mcp.example.com/mcp', true],
    ['https://mcp.example.com./*', 'https://mcp.example.com/mcp', true], ['https://a*b*c/*', 'https://abc/', true], ['https://a*b*b/*', 'https://ab/', false],
    ['mcp.example.com', 'https://mcp.example.com/', false], ['https://mcp.example.com', 'https://mcp.example.com.evil.example/', false],
  ])('%s and %s: %p', (pattern, address, matches) => {
    expect(claude({ allowedMcpServers: [url(pattern)] }, [at(address)])).toBe(matches ? 'x' : '');
  });

  test('an exclusive set is all there is: what people, projects and plug-ins add does not load', () => {
    const plan = { ...PLAN, isExclusive: true };
    expect(names('claude-code', [...ALL, offer('p', { command: 'p' }, 'plugin')], {}, plan)).toBe(`${COMMAND} | ${WIKI_ADDRESS}`);
  });
});

const loads = (situation: Situation): string => target('copilot').simulate(situation).map(({ name }) => name).join();

describe('the others\' rules', () => {
  const SETTINGS = 'copilot/managed-settings';

  test('Copilot takes what every source allows, and nothing that one denies', () => {
    const wide = { allowedMcpServers: [{ serverName: 'crm' }, { serverName: 'wiki' }] };
    const narrow = { allowedMcpServers: [{ serverName: 'wiki' }] };
    expect(loads({ deployed: { [SETTINGS]: wide }, user: narrow, offered: ALL })).toBe('wiki');
    expect(loads({ deployed: { [SETTINGS]: wide }, user: { deniedMcpServers: [{ serverName: 'wiki' }] }, offered: ALL })).toBe('crm,crm');
  });

  test('Copilot denies all but its own where a source can\'t be read, or a variable is not set', () => {
    const own = offer('github', { url: 'https://api.githubcopilot.com/mcp' }, 'built-in');
    expect(loads({ deployed: {}, malformed: [SETTINGS], offered: [...ALL, own] })).toBe('github');
    expect(loads({ deployed: { [SETTINGS]: { allowedMcpServers: 'all' } }, offered: [...ALL, own] })).toBe('github');
    const variable = offer('v', { command: 'run ${NOT_SET}' });
    expect(loads({ deployed: {}, offered: [variable] })).toBe('');
    expect(loads({ deployed: {}, offered: [variable], env: { NOT_SET: 'x' } })).toBe('v');
  });

  test('VS Code loads names of its registry alone, and nothing where there is none', () => {
    const listing = { servers: [{ server: { name: 'com.example.gate/wiki' } }] };
    const offered = [offer('com.example.gate/wiki', { command: 'anything' }), ROGUE];
    expect(names('vscode', offered, { deployed: { ...deployed('vscode'), 'vscode/registry': listing } })).toBe('com.example.gate/wiki=anything');
    const { registry: _, ...without } = PLAN;
    expect(names('vscode', offered, { user: { 'chat.mcp.access': 'allowed' } }, without)).toBe('');
    expect(target('vscode').simulate({ deployed: {}, user: { 'chat.mcp.access': 'off' }, offered })).toEqual([]);
  });

  test.each<[what: string, identity: Json, command: string, fits: boolean]>([
    ['a text is the program alone', { command: '/bin/a' }, '/bin/a anything else', true], ['another program', { command: '/bin/a' }, '/bin/b', false],
    ['every argument counts', { command: { executable: '/bin/a', args: [{ match: 'exact', value: 'x' }] } }, '/bin/a x', true],
    ['and how many', { command: { executable: '/bin/a', args: [{ match: 'exact', value: 'x' }] } }, '/bin/a x y', false],
    ['a prefix', { command: { executable: '/bin/a', args: [{ match: 'prefix', value: '--w=' }] } }, '/bin/a --w=1', true],
    ['a pattern is of the whole', { command: { executable: '/bin/a', args: [{ match: 'regex', expression: 'a+' }] } }, '/bin/a aab', false],
    ['no identity', {}, '/bin/a', false],
  ])('Codex: %s', (_, identity, command, fits) => {
    const settings = { mcp_servers: { docs: { identity } } };
    const offered = [offer('docs', { command }), offer('other', { command })];
    const simulated = target('codex').simulate({ deployed: { 'codex/requirements': settings }, offered });
    expect(simulated.map(({ name }) => name)).toEqual(fits ? ['docs'] : []);
  });

  test('Codex: an empty table turns everything off, plug-ins too', () => {
    const offered = [CRM_COMMAND, offer('p', { command: 'p' }, 'plugin')];
    expect(target('codex').simulate({ deployed: { 'codex/requirements': { mcp_servers: {} } }, offered })).toEqual([]);
  });

  test('Gemini: the system\'s definition stands above a person\'s of the same name; a flag takes the place of the list, which is a gap', () => {
    expect(names('gemini-cli', [ROGUE, ROGUE_URL])).toBe(`${COMMAND} | ${WIKI_ADDRESS}`);
    expect(names('gemini-cli', [offer('evil', { command: 'evil' })], { flags: { '--allowed-mcp-server-names': ['evil'] } })).toBe('evil=evil');
    expect(target('gemini-cli').gaps.join()).toContain('--allowed-mcp-server-names');
  });

  test('Cline drops what people add by address, and not what they start, which is a gap', () => {
    expect(names('cline', [ROGUE_URL, ROGUE])).toBe(`${ADDRESS.replace('crm-url', 'crm')} | ${WIKI_ADDRESS} | crm=npx -y evil-crm`);
    expect(target('cline').gaps.join()).toContain('starts by a command');
  });

  test('Kiro uses what the document says of a name', () => {
    expect(names('kiro', [offer('com.example.gate/wiki', { command: 'evil' }), ROGUE])).toBe('com.example.gate/wiki=https://gate.example:7443/mcp/wiki');
  });
});

test.each<[what: string, server: Sanctioned]>([
  ['a pattern', { name: 'a', url: 'https://*/mcp' }], ['a variable', { name: 'a', command: ['/bin/${X}'] }],
  ['a program by its name', { name: 'a', command: ['npx', 'a'] }],
  ['a credential', { name: 'a', url: 'https://u:p@h.example/mcp' }], ['a query', { name: 'a', url: 'https://h.example/mcp?k=v' }], ['nothing', { name: 'a' }],
  ['a control character', { name: 'a', command: ['/bin/a', 'x\u007fy'] }], ['another scheme', { name: 'a', url: 'file:///etc/passwd' }],
])('%s in what is sanctioned is refused: it would mean more there than here', (_, server) => {
  expect(() => checkPlan({ ...PLAN, servers: [server] })).toThrow('can\'t be enforced');
});

describe('documents', () => {
  test.each(TARGETS.flatMap((one) => one.compile({ ...PLAN, isExclusive: true }).map((artefact) => [artefact.id, artefact] as const)))(
    '%s is the same when it is written again, and keeps what others wrote', (_, artefact) => {
      const toml = '# theirs\nallowed_sandbox_modes = ["read-only"]\n\n[rules]\nx = 1\n';
      const others = artefact.format === 'toml' ? toml : '{\n  // theirs\n  "theirs": [1, 2],\n}\n';
      const once = render(artefact, others);
      expect(render(artefact, once)).toBe(once);
      expect(once).toContain('theirs');
      const json = readDocument(once, artefact.format, artefact.id);
      expect(json).toMatchObject(artefact.format === 'toml' ? { allowed_sandbox_modes: ['read-only'], rules: { x: 1 } } : { theirs: [1, 2] });
      // A plan with less leaves nothing of the one before.
      const fewer = TARGETS.flatMap((one) => one.compile({ ...PLAN, servers: [], isExclusive: true })).find(({ id }) => id === artefact.id);
      expect(render(fewer ?? artefact, once)).not.toContain('mcp/crm');
    });

  test('what somebody else set and can\'t stand twice is refused, what can\'t be read is left', () => {
    const [artefact] = target('codex').compile(PLAN);
    if (artefact === undefined) throw new Error('no document');
    expect(() => render(artefact, '[mcp_servers.x]\nidentity = { command = "y" }\n')).toThrow('can\'t stand twice');
    expect(() => render(artefact, '[features]\nweb = true\n')).toThrow('can\'t stand twice');
    expect(() => render(artefact, 'broken = = 1')).toThrow('left as it is');
    expect(render(artefact, '[features]\nplugins = false\n')).not.toContain('features.plugins');
    expect(() => render({ ...artefact, format: 'json' }, '{ "a": }')).toThrow('left as it is');
  });
});

describe('what is deployed', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync('/tmp/sp-enforce-');
  });
  afterAll(() => rmSync(root, { recursive: true }));

  const [artefact] = target('claude-code').compile(PLAN);
  const drift = async (file: string): Promise<string> =>
    (artefact === undefined ? [] : await findDrift(artefact, file, process.getuid?.() ?? -1)).map(({ what, detail }) => `${what} ${detail}`.trim()).join('; ');
  const put = (file: string): ReturnType<typeof deploy> => (artefact === undefined ? Promise.reject(new Error('none')) : deploy(artefact, file));

  test('is written once, 0644, and drifts by whatever is changed since', async () => {
    const file = join(root, 'etc/claude-code/managed-settings.d/50-sallyport.json');
    expect(await drift(file)).toBe('missing');
    expect(await put(file)).toBe('written');
    expect(await put(file)).toBe('unchanged');
    expect(statSync(file).mode & 0o777).toBe(0o644);
    expect(await drift(file)).toBe('');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"allowManagedMcpServersOnly": true', '"allowManagedMcpServersOnly": false'));
    expect(await drift(file)).toBe('differs allowManagedMcpServersOnly');
    chmodSync(file, 0o666);
    expect(await drift(file)).toBe('who-may-write; differs allowManagedMcpServersOnly');
    expect(await put(file)).toBe('written');
    expect(await drift(file)).toBe('');
    writeFileSync(join(root, 'etc/claude-code/managed-settings.d/99-other.json'), '{"allowedMcpServers": [{"serverName": "x"}]}');
    expect(await drift(file)).toBe('also-set 99-other.json: allowedMcpServers');
    writeFileSync(file, '{');
    expect(await drift(file)).toBe('unreadable');
    expect(await codeOf(put(file))).toBe('ERR_CONFIG_SYNTAX');
  });

  test('is written to no link, no device and no folder that others may write', async () => {
    const folder = join(root, 'hostile');
    mkdirSync(folder);
    writeFileSync(join(root, 'victim'), 'keep');
    symlinkSync(join(root, 'victim'), join(folder, 'link.json'));
    expect(await codeOf(put(join(folder, 'link.json')))).toBe('ERR_FILE_UNSAFE');
    expect(await drift(join(folder, 'link.json'))).toBe('link');
    expect(readFileSync(join(root, 'victim'), 'utf8')).toBe('keep');
    Bun.spawnSync(['mkfifo', join(folder, 'fifo.json')]);
    expect(await codeOf(put(join(folder, 'fifo.json')))).toBe('ERR_FILE_UNSAFE');
    expect(await drift(join(folder, 'fifo.json'))).toBe('unreadable');
    chmodSync(folder, 0o777);
    expect(await codeOf(put(join(folder, 'new.json')))).toBe('ERR_FILE_UNSAFE');
  });
});

test('clients without a place for an organisation\'s word are named, with what is left to do', () => {
  expect(UNENFORCED.map(({ client }) => client)).toContain('cursor');
  const enforced = TARGETS.flatMap(({ clients }) => clients);
  expect(UNENFORCED.filter(({ client }) => enforced.includes(client))).toEqual([]);
  expect(enforced.filter((id) => !CLIENT_TABLE.some((client) => client.id === id))).toEqual([]);
});
