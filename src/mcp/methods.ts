import type { Action } from '../domain/decision.ts';
import { REVISIONS, TRANSPORT_METHODS, type Message, type Peer, type Revision } from '../domain/message.ts';

/** What Sallyport knows of one method or notification, in one direction. */
export interface MethodInfo extends Traits {
  readonly method: string;
  readonly kind: 'request' | 'notification';
  /** Who may send it. */
  readonly from: Peer;
  /** The revisions that have it. Elsewhere it does not exist. */
  readonly revisions: readonly Revision[];
  readonly action: Action;
  readonly target: Target;
}

/** What a message is about. `completion/complete` names a prompt or resource in `params.ref`, and stands under `server`. */
export type Target = 'tool' | 'prompt' | 'resource' | 'task' | 'server';

interface Traits {
  /** The member of `params` that names the target; it must be there, and a string. */
  readonly nameIn?: 'name' | 'uri' | 'taskId';
  /** `Mcp-Name` repeats that member (2026-07-28 transports; Tasks extension). */
  readonly mirrored?: true;
  readonly list?: 'tools' | 'prompts' | 'resources' | 'templates' | 'skills';
  /** Its complete results carry `ttlMs` and `cacheScope` (2026-07-28, caching). */
  readonly cacheable?: true;
  /** Answers with a stream that stays open until someone ends it. (Any request may be answered by a stream that ends.) */
  readonly streams?: true;
  /** Its modern result may be `input_required`. */
  readonly inputRequired?: true;
  /** Its modern result may be `task` (Tasks extension). */
  readonly taskable?: true;
  /** In the modern era it exists only inside `inputRequests` of an `input_required` result. */
  readonly embedded?: true;
}

type Row = readonly [from: Peer, method: string, revisions: string, action: Action, target: Target, traits?: Traits];

const TASK = { nameIn: 'taskId' } as const;
const MIRRORED_TASK = { nameIn: 'taskId', mirrored: true } as const;
const URI = { nameIn: 'uri' } as const;
const TOOL = { nameIn: 'name', mirrored: true, inputRequired: true, taskable: true } as const;
const READ = { ...URI, mirrored: true, cacheable: true, inputRequired: true } as const;

/** One mark a revision, oldest first: 2024-11-05, 2025-03-26, 2025-06-18, 2025-11-25, 2026-07-28. */
const REQUESTS: readonly Row[] = [
  // client asks server
  ['client', 'initialize',               '++++-', 'connect',       'server'],
  ['client', 'ping',                     '++++-', 'connect',       'server'],
  ['client', 'logging/setLevel',         '++++-', 'connect',       'server'],
  ['client', 'server/discover',          '----+', 'connect',       'server',   { cacheable: true }],
  ['client', 'tools/list',               '+++++', 'list',          'server',   { list: 'tools', cacheable: true }],
  ['client', 'tools/call',               '+++++', 'call_tool',     'tool',     TOOL],
  ['client', 'prompts/list',             '+++++', 'list',          'server',   { list: 'prompts', cacheable: true }],
  ['client', 'prompts/get',              '+++++', 'get_prompt',    'prompt',   { nameIn: 'name', mirrored: true, inputRequired: true }],
  ['client', 'resources/list',           '+++++', 'list',          'server',   { list: 'resources', cacheable: true }],
  ['client', 'resources/templates/list', '+++++', 'list',          'server',   { list: 'templates', cacheable: true }],
  ['client', 'resources/read',           '+++++', 'read_resource', 'resource', READ],
  ['client', 'resources/subscribe',      '++++-', 'subscribe',     'resource', URI],
  ['client', 'resources/unsubscribe',    '++++-', 'subscribe',     'resource', URI],
  ['client', 'subscriptions/listen',     '----+', 'subscribe',     'server',   { streams: true }],
  ['client', 'completion/complete',      '+++++', 'complete',      'server'],
  // tasks: experimental in the core of 2025-11-25, an extension since
  ['client', 'tasks/get',                '---++', 'task',          'task',     MIRRORED_TASK],
  ['client', 'tasks/cancel',             '---++', 'task',          'task',     MIRRORED_TASK],
  ['client', 'tasks/update',             '----+', 'task',          'task',     MIRRORED_TASK],
  ['client', 'tasks/result',             '---+-', 'task',          'task',     TASK],
  ['client', 'tasks/list',               '---+-', 'task',          'server'],
  // the Skills extension (SEP-2640)
  ['client', 'skills/list',              '---++', 'list',          'server',   { list: 'skills' }],
  ['client', 'skills/get',               '---++', 'read_resource', 'resource', URI],
  ['client', 'resources/directory/read', '---++', 'read_resource', 'resource', URI],
  // the legacy transport's own verbs: GET and DELETE
  ['client', TRANSPORT_METHODS.stream,    '++++-', 'connect',      'server',   { streams: true }],
  ['client', TRANSPORT_METHODS.terminate, '++++-', 'connect',      'server'],
  // server asks client
  ['server', 'ping',                     '++++-', 'connect',       'server'],
  ['server', 'roots/list',               '++++-', 'roots',         'server',   { embedded: true }],
  ['server', 'sampling/createMessage',   '++++-', 'sample',        'server',   { embedded: true }],
  ['server', 'elicitation/create',       '--++-', 'elicit',        'server',   { embedded: true }],
  ['server', 'tasks/get',                '---+-', 'task',          'task',     TASK],
  ['server', 'tasks/result',             '---+-', 'task',          'task',     TASK],
  ['server', 'tasks/cancel',             '---+-', 'task',          'task',     TASK],
  ['server', 'tasks/list',               '---+-', 'task',          'server'],
];

const NOTIFICATIONS: readonly Row[] = [
  // client tells server
  ['client', 'notifications/initialized',                '++++-', 'connect', 'server'],
  ['client', 'notifications/cancelled',                  '+++++', 'notify',  'server'],
  ['client', 'notifications/progress',                   '++++-', 'notify',  'server'],
  ['client', 'notifications/roots/list_changed',         '++++-', 'notify',  'server'],
  ['client', 'notifications/tasks/status',               '---+-', 'notify',  'server'],
  // server tells client
  ['server', 'notifications/cancelled',                  '+++++', 'notify',  'server'],
  ['server', 'notifications/progress',                   '+++++', 'notify',  'server'],
  ['server', 'notifications/message',                    '+++++', 'notify',  'server'],
  ['server', 'notifications/tools/list_changed',         '+++++', 'notify',  'server'],
  ['server', 'notifications/prompts/list_changed',       '+++++', 'notify',  'server'],
  ['server', 'notifications/resources/list_changed',     '+++++', 'notify',  'server'],
  ['server', 'notifications/resources/updated',          '+++++', 'notify',  'resource', URI],
  ['server', 'notifications/elicitation/complete',       '---+-', 'notify',  'server'],
  ['server', 'notifications/tasks/status',               '---+-', 'notify',  'server'],
  ['server', 'notifications/tasks',                      '----+', 'notify',  'server'],
  ['server', 'notifications/subscriptions/acknowledged', '----+', 'notify',  'server'],
  ['server', TRANSPORT_METHODS.opened,                   '++++-', 'connect', 'server'],
];

/**
 * Every method and notification of the five revisions and of the Tasks and Skills extensions (MCP Apps adds none), in both
 * directions. Membership is the allow-list (invariant 3).
 */
export const METHODS: readonly MethodInfo[] = [
  ...REQUESTS.map((row) => toInfo(row, 'request')),
  ...NOTIFICATIONS.map((row) => toInfo(row, 'notification')),
];

function toInfo([from, method, marks, action, target, traits = {}]: Row, kind: MethodInfo['kind']): MethodInfo {
  return { method, kind, from, revisions: REVISIONS.filter((_, index) => marks[index] === '+'), action, target, ...traits };
}

const BY_PEER: Readonly<Record<Peer, ReadonlyMap<string, MethodInfo>>> = { client: methodsOf('client'), server: methodsOf('server') };

function methodsOf(from: Peer): ReadonlyMap<string, MethodInfo> {
  return new Map(METHODS.filter((info) => info.from === from).map((info) => [info.method, info]));
}

/** The row of a request or notification, if its revision has it in that direction; a result or error has no row. */
export function findMethod(message: Message): MethodInfo | undefined {
  if (message.kind !== 'request' && message.kind !== 'notification') return undefined;
  const info = BY_PEER[message.from].get(message.method);
  return info !== undefined && info.kind === message.kind && info.revisions.includes(message.revision) ? info : undefined;
}

/** The row of a request that a modern server may put into `inputRequests`. */
export function findInputRequest(method: string): MethodInfo | undefined {
  const info = BY_PEER.server.get(method);
  return info?.embedded === true ? info : undefined;
}

/** The name that `Mcp-Name` repeats, where the method has one. */
export function mirroredName(message: Message): string | undefined {
  const info = findMethod(message);
  if (info?.mirrored !== true || info.nameIn === undefined || message.kind !== 'request') return undefined;
  const name = message.params?.[info.nameIn];
  return typeof name === 'string' ? name : undefined;
}
