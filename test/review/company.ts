import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Happening } from '../../src/domain/happening.ts';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import { granteeId } from '../../src/policy/quote.ts';
import { encodeEntry } from '../../src/packages/entry.ts';
import type { Kind } from '../../src/store/store.ts';

/** A row of the store, as a company has it. */
export interface Planted {
  readonly kind: Kind;
  readonly id: string;
  readonly body: Json;
}

/** A company of any size in which everything is as it should be, but for what was planted. */
export interface Company {
  /** Rows of the configuration, which is signed. */
  readonly configured: readonly Planted[];
  /** What is kept beside it. */
  readonly kept: readonly Planted[];
  /** What is on record; each has a time. */
  readonly records: readonly (Omit<Happening, 'space'> & { readonly at: number })[];
  /** Entries of the package store: digest and text. */
  readonly packages: readonly { readonly digest: string; readonly text: string }[];
  /** Every problem, as `<check> <kind> <id>`. */
  readonly problems: readonly string[];
}

export interface Size {
  readonly servers: number;
  readonly toolsEach: number;
  readonly people: number;
  readonly now: number;
}

const DAY_MS = 86_400_000;
const TEAMS = 40;
const OWNERS = 40;

/** Makes it the same each time. The first servers have something wrong with them, one thing each; the others nothing. */
export function companyOf({ servers, toolsEach, people, now }: Size): Company {
  const made = new Maker(now, toolsEach);
  for (let at = 0; at < people; at += 1) made.person(`u${at}`, [`team-${at % TEAMS}`], true);
  for (let at = 0; at < OWNERS; at += 1) made.person(`owner-${at}`, ['owners'], true);
  made.person('gone-1', ['owners'], false);
  made.practised();
  plantServers(made);
  plantRights(made);
  plantAround(made);
  for (let at = 0; made.count < servers; at += 1) made.server(`srv-${at}`);
  return made;
}

class Maker implements Company {
  readonly configured: Planted[] = [];
  readonly kept: Planted[] = [];
  readonly records: (Omit<Happening, 'space'> & { readonly at: number })[] = [];
  readonly packages: { digest: string; text: string }[] = [];
  readonly problems: string[] = [];
  readonly now: number;
  count = 0;
  readonly #tools: number;

  constructor(now: number, tools: number) {
    this.now = now;
    this.#tools = tools;
    // Records go back further than anything is measured by.
    this.record({ event: 'call.permitted', at: now - 200 * DAY_MS, policies: ['before'] });
  }

  ago(days: number): number {
    return this.now - days * DAY_MS;
  }

  record(more: Omit<Happening, 'space'>): void {
    this.records.push({ ...more, at: more.at ?? this.ago(10) });
  }

  person(userName: string, groups: readonly string[], active: boolean): void {
    const at = this.ago(300);
    this.kept.push({ kind: 'person', id: userName, body: {
      userName, email: `${userName}@corp.example`, active, source: 'scim', groups: [...groups], createdAt: at, changedAt: at,
      ...(active ? {} : { deactivatedAt: this.ago(40) }),
    } });
  }

  practised(): void {
    this.record({ event: 'redteam.ran', });
  }

  problem(check: string, subject: string): void {
    this.problems.push(`${check} ${subject}`);
  }

  /** A server with its tools, a role for reading them, a team that has it, and calls of each of its tools. */
  server(id: string, more: {
    readonly body?: JsonObject; readonly approvedDaysAgo?: number; readonly approvedBy?: string; readonly surface?: JsonObject;
    readonly tools?: readonly JsonObject[]; readonly granted?: boolean; readonly called?: number; readonly role?: JsonObject;
  } = {}): void {
    const { body = {}, approvedDaysAgo = 100, approvedBy = 'sallyport|owner-1', surface = {}, granted = true } = more;
    const tools = more.tools ?? Array.from({ length: this.#tools }, (_, at) => toolOf(`list_items_${at}`));
    const team = `team-${this.count % TEAMS}`;
    this.count += 1;
    this.configured.push({ kind: 'server', id, body: {
      endpoint: { transport: 'http', url: `https://${id}.corp.example/mcp`, allowPrivate: false }, owner: `owner-${this.count % OWNERS}`, hosting: 'self',
      tier: 'internal', labels: { confidentiality: 'internal', categories: [], integrity: 'trusted' }, credentials: { type: 'none' }, tools: {}, allow: [],
      status: 'approved', ...body,
    } }, { kind: 'baseline', id, body: {
      digest: 'a'.repeat(64), approvedBy, approvedAt: this.ago(approvedDaysAgo),
      surface: {
        revision: '2026-07-28', eras: ['modern'], serverInfo: { name: id, version: '1' }, capabilities: { tools: {} }, tools: [...tools], prompts: [],
          templates: [],
        pages: [], ...surface,
      },
    } });
    if (!granted) return;
    this.grant(id, id, { group: team }, tools, { called: more.called ?? tools.length, ...(more.role === undefined ? {} : { role: more.role }) });
  }

  /** Somebody's right at a server by a role of its own, and that it was used: so many of the tools, each once. */
  grant(
    role: string, server: string, to: { readonly group: string } | { readonly principal: string }, tools: readonly JsonObject[],
    { called, role: body }: { readonly called: number; readonly role?: JsonObject },
  ): void {
    this.configured.push({ kind: 'role', id: role, body: { allow: [{ server, effects: ['read'], ...body }] } });
    this.configured.push({ kind: 'binding', id: `b-${role}`, body: { role, to } });
    const whom = granteeId(to);
    for (const { name } of tools.slice(0, called)) {
      this.record({
        event: 'call.permitted', server, tool: typeof name === 'string' ? name : '', policies: [`role:${role}:${whom}:0:tools`], principal: 'sallyport|u1',
          agent: 'desk',
      });
    }
  }
}

function toolOf(name: string, more: JsonObject = {}, definition: JsonObject = {}): JsonObject {
  return {
    kind: 'tool', name, digest: 'b'.repeat(64), effect: 'read', confirmed: true,
    labels: { confidentiality: 'internal', categories: [], integrity: 'trusted' },
    definition: { name, description: 'Lists items.', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true }, ...definition }, ...more,
  };
}

/** What is wrong with servers themselves. */
function plantServers(made: Maker): void {
  const plant = (check: string, id: string, more: Parameters<Maker['server']>[1], part = 'server'): void => {
    made.server(id, more);
    made.problem(check, `${part} ${id}`);
  };
  plant('stale-approval', 'old-approval', { approvedDaysAgo: 400 });
  plant('stale-approval', 'approver-left', { approvedBy: 'sallyport|gone-1' });
  plant('stale-approval', 'drifted', {});
  made.kept.push({ kind: 'drift', id: 'drifted', body: { observedAt: made.ago(20), node: 'gateway', digest: 'c'.repeat(64) } });
  for (const [id, name, version] of [['behind-1', 'weather-mcp', '1.0.0'], ['behind-2', 'maps-mcp', '2.1.0']] as const) {
    plant('outdated-server', id, { body: packaged(made, name, version) });
    made.kept.push({ kind: 'catalog-entry', id: `${name}@9.9.9`, body: {
      source: 'upstream', status: 'active', digest: 'd'.repeat(64), firstSeenAt: made.ago(9), lastSeenAt: made.ago(1), holds: [],
      server: { name: `com.example/${name}`, description: 'x', version: '9.9.9', packages: [
        { registryType: 'npm', identifier: name, version: '9.9.9', transport: { type: 'stdio' } },
      ] },
    } });
  }
  for (const [at, sdk] of [['1', '1.31.0'], ['2', '1.20.0']] as const) {
    plant('outdated-sdk', `old-sdk-${at}`, { body: packaged(made, `tool-${at}`, '1.0.0', [{ name: '@modelcontextprotocol/sdk', version: sdk }]) });
    // An SDK that old has known flaws, too.
    made.problem('advisory', `server old-sdk-${at}`);
  }
  for (const revision of ['2024-11-05', '2025-03-26', '2025-06-18']) plant('outdated-revision', `speaks-${revision}`, { surface: { revision } });
  plant('retiring-feature', 'over-sse', { body: { endpoint: { transport: 'sse', url: 'https://over-sse.corp.example/sse', allowPrivate: false } } });
  plant('retiring-feature', 'logs', { surface: { capabilities: { tools: {}, logging: {} } } });
  for (const at of [1, 2]) plant('advisory', `flawed-${at}`, { body: packaged(made, 'mcp-remote', `0.1.${at}`) });
  for (const at of [1, 2, 3]) plant('owner-gone', `orphan-${at}`, { body: { owner: at === 1 ? 'gone-1' : 'gone-1@corp.example' } });
  for (const at of [1, 2, 3]) plant('unused-server', `unused-${at}`, { granted: false });
  for (const at of [1, 2]) {
    plant('dead-endpoint', `dead-${at}`, {});
    for (let call = 0; call < 4; call += 1) made.record({ event: 'call.failed', server: `dead-${at}`, tool: 'list_items_0' });
  }
  plant('classification', 'speaks-of-people', { tools: [toolOf('list_items_0', {}, { inputSchema: { type: 'object', properties: { employeeSsn: {} } } })] });
  plant('classification', 'carries-people', {});
  made.record({
    event: 'result.delivered', server: 'carries-people', tool: 'list_items_0',
    labels: { confidentiality: 'internal', categories: ['pii'], integrity: 'trusted' },
  });
  plant('classification', 'destroys', { tools: [toolOf('delete_everything')] });
  plant('retiring-authentication', 'registers-itself', { body: { credentials: { type: 'authorization-code', dynamicRegistration: true } } });
  plant('retiring-authentication', 'static-key', { body: { credentials: { type: 'header', header: 'x-api-key', secret: 'env:STATIC_KEY' } } });
  const kept = { type: 'header', header: 'x-api-key', secret: 'env:ROTATED_KEY', expires: '2099-01-01', rotateBy: day(made.ago(3)) };
  plant('expiring', 'to-rotate', { body: { credentials: kept } });
}

/** What is wrong with who may what. */
function plantRights(made: Maker): void {
  const tools = Array.from({ length: 20 }, (_, at) => toolOf(`list_items_${at}`));
  for (const at of [1, 2]) {
    made.server(`idle-${at}`, { tools, granted: false });
    // Others use it.
    made.grant(`busy-${at}`, `idle-${at}`, { group: 'team-3' }, tools, { called: 20 });
    made.grant(`idle-${at}`, `idle-${at}`, { group: 'team-4' }, tools, { called: 0 });
    made.problem('unused-access', `binding b-idle-${at}`);
  }
  // Unlike their peers, and nothing that is wrong by itself.
  made.grant('odd-one', 'srv-0', { principal: 'sallyport|u5' }, tools, { called: 20 });
  for (const at of [1, 2, 3]) {
    made.server(`partly-${at}`, { tools, called: 8 });
    made.problem('unused-access', `binding b-partly-${at}`);
  }
  for (const at of [1, 2]) {
    made.server(`open-${at}`, { tools, role: { effects: ['read', 'write', 'destroy', 'execute', 'communicate'] } });
    made.problem('wildcard-grant', `binding b-open-${at}`);
  }
  made.configured.push({ kind: 'policy', id: 'wild.cedar', body: { file: 'wild.cedar', source: '@id("wild")\npermit (principal, action, resource);\n' } });
  made.record({ event: 'call.permitted', server: 'srv-0', tool: 'list_items_0', policies: ['wild'] });
  made.problem('wildcard-grant', 'policy wild');
  const agent = { purpose: 'desk work', clients: [], conversations: false, expiresAt: Math.floor((made.now + 300 * DAY_MS) / 1_000) * 1_000 };
  made.configured.push(
    { kind: 'agent', id: 'desk', body: { ...agent, owner: 'owner-1', allow: [{ server: 'srv-0', effects: ['read'] }] } },
    { kind: 'agent', id: 'unlimited', body: { ...agent, owner: 'owner-2', allow: '*' } },
    { kind: 'agent', id: 'left-behind', body: { ...agent, owner: 'gone-1', allow: [] } },
    { kind: 'agent', id: 'roo', body: { ...agent, owner: 'owner-3', allow: [], clients: ['https://idp.corp.example|Roo-Code'] } },
  );
  made.problem('wildcard-grant', 'agent unlimited');
  made.problem('owner-gone', 'agent left-behind');
  made.problem('retiring-feature', 'agent roo');
  const exception = (id: string, more: JsonObject, decided = true): void => {
    made.configured.push({ kind: 'exception', id, body: {
      scope: { kind: 'calls', server: 'srv-0', to: { group: 'team-1' } }, reason: 'a project', owner: 'owner-1', approver: 'owner-2', createdAt: made.ago(20),
      expiresAt: made.now + 20 * DAY_MS, ...more,
    } });
    if (decided) made.record({ event: 'call.permitted', server: 'srv-0', tool: 'list_items_0', policies: [`exception:${id}`] });
  };
  exception('fine', {});
  exception('ended', { createdAt: made.ago(40), expiresAt: made.ago(10) });
  exception('for-long', { expiresAt: made.now + 150 * DAY_MS });
  exception('owner-left', { owner: 'gone-1' });
  exception('of-nobody', { createdAt: made.ago(95), expiresAt: made.now - 6 * DAY_MS + 1 }, false);
  for (const id of ['ended', 'for-long', 'owner-left', 'of-nobody']) made.problem('stale-exception', `exception ${id}`);
}

/** What is wrong around the gate. */
function plantAround(made: Maker): void {
  for (const [id, days] of [['ends-soon', -10], ['has-ended', 5]] as const) {
    made.kept.push({ kind: 'secret', id, body: {
      owner: 'owner-1', expires: day(made.ago(days)), createdAt: made.ago(90), holds: { kind: 'provider', provider: 'p', argument: id },
    } });
    made.problem('expiring', `secret ${id}`);
  }
  made.configured.push({ kind: 'token', id: 'long-token', body: {
    agent: 'desk', kind: 'workload', subject: 'desk', groups: [], hash: 'e'.repeat(64), audience: ['*'], issuedAt: made.ago(85),
      expiresAt: made.now + 5 * DAY_MS,
  } });
  made.problem('expiring', 'token long-token');
  const node = (name: string, role: string, endsInDays: number): void => void made.kept.push({ kind: 'link-node', id: `${role}.${name}`, body: {
    role, node: name, publicKey: 'x', key: 'y', address: '10.0.0.1', joinedAt: made.ago(30), renewedAt: made.ago(1), expiresAt: made.now + endsInDays * DAY_MS,
      dead: [],
  } });
  node('gw-1', 'gateway', 1);
  node('gw-2', 'gateway', -2);
  made.problem('expiring', 'link-node gateway.gw-2');
  const sensor = (name: string, heardDaysAgo: number): void => {
    node(name, 'sensor', 1);
    made.kept.push({ kind: 'sensor', id: name, body: {
      host: `${name}.corp.example`, everyMs: 3_600_000, queued: 0, dropped: 0, state: 'watching', seenAt: made.ago(heardDaysAgo), since: made.ago(30),
    } });
  };
  for (let at = 0; at < 10; at += 1) sensor(`laptop-${at}`, 0);
  for (const name of ['lost-1', 'lost-2']) {
    sensor(name, 3);
    made.problem('silent-sensor', `sensor ${name}`);
  }
  plantHosts(made);
  made.kept.push({ kind: 'registration', id: 'r1', body: {
    issuer: 'https://as.vendor.example', redirectUri: 'https://c.example/cb', clientId: 'x', scopes: [], sealed: 'x', registeredAt: made.ago(50),
  } });
  made.problem('retiring-authentication', 'registration r1');
  for (const id of ['acme', 'globex']) {
    made.configured.push({ kind: 'vendor', id, body: {
      name: id, owner: 'owner-4', purpose: 'tickets', tier: 'standard', endpoints: [{ url: `https://mcp.${id}.example/mcp` }],
        data: { confidentiality: 'internal' },
    } });
    made.problem('attestation-due', `vendor ${id}`);
  }
  made.problem('exercise-due', 'practice exercise');
}

function plantHosts(made: Maker): void {
  const host = (name: string, { enforced = true, auditedDaysAgo = 30,
    risks = [] }: { enforced?: boolean; auditedDaysAgo?: number; risks?: string[] } = {}): void => {
    made.kept.push({ kind: 'evidence', id: `e-${name}`, body: { by: 'sallyport|sensor', sensor: 'client-file', host: name, items: { one: {
      kind: 'client', place: '/home/ann/.cursor/mcp.json:1', keys: [`client:cursor!${name}!ann`], client: 'cursor', confidence: 100, risks, facts: {},
        seenAt: made.now,
      firstSeenAt: made.ago(50),
    } } } });
    if (enforced) made.record({ event: 'file.enforced', detail: { host: name, file: '/etc/claude-code/managed-settings.json' } });
    made.kept.push({ kind: 'file-baseline', id: `f-${name}`, body: {
      host: name, place: 'ann', root: 'a'.repeat(64), number: 1, files: 3, by: 'sallyport|owner-1', at: made.ago(auditedDaysAgo),
    } });
  };
  for (let at = 0; at < 10; at += 1) host(`pc-${at}`);
  for (const name of ['free-1', 'free-2']) host(name, { enforced: false });
  host('loosened');
  made.record({ event: 'file.changed', at: made.ago(1), detail: {
    host: 'loosened', differences: [{ file: '/etc/claude-code/managed-settings.json', what: 'enforcement changed', severity: 'high' }],
  } });
  for (const name of ['free-1', 'free-2', 'loosened']) made.problem('deny-list', `host ${name}`);
  for (const name of ['open-1', 'open-2']) {
    host(name, { risks: ['secret-in-clear'] });
    made.problem('unsealed-file', `host ${name}`);
  }
  for (const name of ['unseen-1', 'unseen-2']) {
    host(name, { auditedDaysAgo: 400 });
    made.problem('configuration-audit', `host ${name}`);
  }
}

/** A local server that runs from an entry of the package store, with what is in its tree. */
function packaged(made: Maker, name: string, version: string, tree: readonly { readonly name: string; readonly version: string }[] = []): JsonObject {
  const entry = encodeEntry({
    form: 1, ecosystem: 'npm', name, version, programs: { [name]: ['node', '/package/x.js'] }, notes: [], files: [],
    packages: [{ name, version }, ...tree].map((one, at) => ({ ...one, at: at === 0 ? '' : `node_modules/${one.name}`, integrity: 'sha512-AA==' })),
  });
  made.packages.push(entry);
  return { endpoint: { transport: 'stdio', launch: {
    command: '/usr/bin/node', args: [], env: {}, shared: false, package: { ecosystem: 'npm', name, version, digest: entry.digest, declared: ['npx',
      `${name}@${version}`] },
  } } };
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** Puts the entries where the package store has them. */
export function storePackages(folder: string, { packages }: Company): void {
  for (const { digest, text } of packages) {
    mkdirSync(join(folder, digest), { recursive: true });
    writeFileSync(join(folder, digest, 'entry.json'), text);
  }
}
