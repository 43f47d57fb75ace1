import { UNLABELLED, type Category, type Confidentiality, type Effect, type Labels } from '../../../src/domain/server.ts';
import type { ArgumentSeen } from './event.ts';
import { uniform, whole, type Random } from './random.ts';

/** A property of a tool's schema: how large it mostly is, how often it is given, and whether it names a destination. */
export interface Property {
  readonly name: string;
  readonly type: ArgumentSeen['type'];
  readonly bytes: number;
  readonly sigma: number;
  readonly often: number;
  readonly destination?: true;
}

export interface Tool {
  readonly server: string;
  readonly name: string;
  readonly effect: Effect;
  /** What its results carry. */
  readonly labels: Labels;
  readonly properties: readonly Property[];
  readonly resultBytes: number;
  readonly latencyMs: number;
}

interface Verb {
  readonly effect: Effect;
  readonly resultBytes: number;
  readonly latencyMs: number;
  readonly properties: readonly Property[];
}

function property(name: string, type: ArgumentSeen['type'], bytes: number, often = 1, sigma = 0.4): Property {
  return { name, type, bytes, sigma, often };
}

const ID = property('id', 'string', 18, 1, 0.1);
const LIMIT = property('limit', 'number', 2, 0.45, 0.2);
const TO: Property = { ...property('to', 'string', 30), destination: true };

/** Sizes and times of MCP servers of the kind: ids are short, what people or models write is log-normal around a paragraph, exports are large and slow. */
const VERBS: Readonly<Record<string, Verb>> = {
  get: { effect: 'read', resultBytes: 2_000, latencyMs: 120, properties: [ID, property('fields', 'array', 40, 0.15)] },
  list: {
    effect: 'read', resultBytes: 6_000, latencyMs: 220,
    properties: [property('filter', 'string', 22, 0.5), LIMIT, property('cursor', 'string', 32, 0.15, 0.1)],
  },
  search: {
    effect: 'read', resultBytes: 4_500, latencyMs: 380,
    properties: [property('query', 'string', 42, 1, 0.6), LIMIT, property('sort', 'string', 8, 0.2, 0.2)],
  },
  query: { effect: 'read', resultBytes: 9_000, latencyMs: 900, properties: [property('sql', 'string', 230, 1, 0.7), LIMIT] },
  export: {
    effect: 'read', resultBytes: 220_000, latencyMs: 4_000,
    properties: [property('table', 'string', 16), property('since', 'string', 12, 0.6, 0.1)],
  },
  fetch: {
    effect: 'read', resultBytes: 14_000, latencyMs: 750,
    properties: [{ ...property('url', 'string', 74, 1, 0.5), destination: true }, property('format', 'string', 8, 0.3, 0.1)],
  },
  create: {
    effect: 'write', resultBytes: 420, latencyMs: 260,
    properties: [
      property('title', 'string', 44), property('body', 'string', 620, 0.85, 1),
      property('tags', 'array', 30, 0.4), property('parent', 'string', 18, 0.3, 0.1),
    ],
  },
  update: {
    effect: 'write', resultBytes: 380, latencyMs: 240,
    properties: [ID, property('changes', 'object', 210, 1, 0.9), property('comment', 'string', 60, 0.2, 0.6)],
  },
  delete: { effect: 'destroy', resultBytes: 90, latencyMs: 180, properties: [ID, property('force', 'boolean', 4, 0.1, 0.1)] },
  run: {
    effect: 'execute', resultBytes: 3_200, latencyMs: 7_000,
    properties: [property('command', 'string', 70, 1, 0.6), property('timeout', 'number', 3, 0.3, 0.1)],
  },
  send: {
    effect: 'communicate', resultBytes: 180, latencyMs: 320,
    properties: [TO, property('subject', 'string', 50, 0.6), property('body', 'string', 560, 1, 0.8), property('attachments', 'array', 1_800, 0.08, 0.9)],
  },
  post: {
    effect: 'communicate', resultBytes: 160, latencyMs: 210,
    properties: [TO, property('text', 'string', 190, 1, 0.8), property('thread', 'string', 17, 0.5, 0.1)],
  },
  pay: {
    effect: 'transact', resultBytes: 240, latencyMs: 900,
    properties: [TO, property('amount', 'number', 6, 1, 0.2), property('currency', 'string', 5, 1, 0), property('reference', 'string', 24, 0.7)],
  },
};

function labels(confidentiality: Confidentiality, categories: readonly Category[] = [], integrity: Labels['integrity'] = 'trusted'): Labels {
  return { confidentiality, categories, integrity };
}

/** `<verb> <noun> <noun>…`: `get file branch` offers get_file and get_branch. 18 servers of 5 to 40 tools. */
const SERVERS: readonly { readonly name: string; readonly labels: Labels; readonly tools: readonly string[] }[] = [
  { name: 'code', labels: labels('internal', ['source']), tools: [
    'get file commit branch pull_request issue release tree diff review label',
    'list commits branches pull_requests issues releases reviews labels tags forks',
    'search code issues repositories users', 'create branch pull_request issue review comment release',
    'update pull_request issue file comment', 'delete branch file release comment',
  ] },
  { name: 'files', labels: labels('internal', ['source']), tools: [
    'get file metadata outline symbols', 'list directory changes', 'search text names', 'create file directory', 'update file lines', 'delete file',
  ] },
  { name: 'build', labels: labels('internal'), tools: [
    'run tests build lint command', 'get log status coverage', 'list runs artifacts', 'delete artifact',
  ] },
  { name: 'tracker', labels: labels('internal'), tools: [
    'get ticket sprint board epic worklog', 'list tickets sprints boards epics comments', 'search tickets',
    'create ticket comment epic link', 'update ticket sprint epic', 'delete ticket comment',
  ] },
  { name: 'wiki', labels: labels('internal'), tools: [
    'get page space history', 'list pages spaces attachments', 'search pages', 'create page comment', 'update page', 'delete page',
  ] },
  { name: 'chat', labels: labels('internal', [], 'untrusted'), tools: [
    'get thread channel profile', 'list channels messages members', 'search messages', 'post message reply reaction', 'create channel',
  ] },
  { name: 'mail', labels: labels('confidential', ['pii'], 'untrusted'), tools: [
    'get message thread attachment', 'list messages folders', 'search messages', 'send message reply', 'create draft', 'delete message',
  ] },
  { name: 'calendar', labels: labels('internal', ['pii']), tools: [
    'get event', 'list events calendars', 'search rooms', 'create event', 'update event', 'delete event',
  ] },
  { name: 'crm', labels: labels('confidential', ['pii']), tools: [
    'get contact account deal case activity note', 'list contacts accounts deals cases activities',
    'search contacts cases', 'create contact case note activity', 'update contact deal case account',
    'delete contact case', 'export contacts', 'send case_reply',
  ] },
  { name: 'knowledge', labels: labels('internal'), tools: ['get article', 'list topics', 'search articles', 'create feedback', 'update article'] },
  { name: 'warehouse', labels: labels('confidential', ['pii']), tools: [
    'query table view model', 'list tables columns jobs', 'get schema job', 'export table result', 'run job', 'delete table',
  ] },
  { name: 'web', labels: labels('public', [], 'untrusted'), tools: ['search web news', 'fetch page feed document'] },
  { name: 'monitor', labels: labels('internal'), tools: [
    'get alert dashboard metric trace log_line host', 'list alerts dashboards metrics hosts monitors', 'query logs metrics traces',
    'create silence monitor', 'update monitor alert', 'delete monitor silence',
  ] },
  { name: 'pager', labels: labels('internal', ['pii']), tools: [
    'get incident schedule', 'list incidents responders', 'create incident note', 'update incident', 'post page status',
  ] },
  { name: 'deploy', labels: labels('internal'), tools: [
    'get deployment pod service node config event rollout', 'list deployments pods services nodes events namespaces',
    'run rollout rollback restart scale command', 'update config deployment', 'delete pod deployment namespace',
  ] },
  { name: 'payments', labels: labels('confidential', ['pci', 'pii']), tools: [
    'get invoice customer charge payout', 'list invoices charges payouts disputes', 'search charges',
    'create invoice credit', 'pay refund payout', 'export charges',
  ] },
  { name: 'hr', labels: labels('restricted', ['pii', 'phi']), tools: [
    'get employee absence review salary', 'list employees absences reviews', 'search employees', 'update employee', 'create note', 'export salaries',
  ] },
  { name: 'secrets', labels: labels('restricted', ['secret']), tools: ['get secret version', 'list secrets', 'create secret', 'delete secret'] },
];

export type Catalogue = ReadonlyMap<string, readonly Tool[]>;

/** The organisation's servers; sizes and times differ by up to a factor of two between tools of one verb. */
export function catalogue(from: Random): Catalogue {
  return new Map(SERVERS.map((server) => {
    const tools = server.tools.flatMap((line) => {
      const [name = '', ...nouns] = line.split(' ');
      const verb = VERBS[name];
      if (verb === undefined) throw new Error(`no verb ${name}`);
      return nouns.map((noun): Tool => ({
        server: server.name,
        name: `${name}_${noun}`,
        effect: verb.effect,
        labels: verb.effect === 'read' ? server.labels : UNLABELLED,
        properties: [...verb.properties, ...extras(from)],
        resultBytes: verb.resultBytes * uniform(from, 0.5, 2),
        latencyMs: verb.latencyMs * uniform(from, 0.5, 2),
      }));
    });
    return [server.name, tools];
  }));
}

/** Every tool has some properties of its own, most of them rarely used. */
function extras(from: Random): Property[] {
  return Array.from({ length: whole(from, 0, 3) }, (_, index) => property(`option_${index + 1}`, 'string', uniform(from, 4, 40), uniform(from, 0.02, 0.4)));
}
