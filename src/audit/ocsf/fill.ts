import { isIP } from 'node:net';
import type { Json, JsonObject } from '../../domain/json.ts';
import { isArray, isObject } from '../../domain/json.ts';
import type { JournalRecord } from '../../domain/record.ts';
import { IP_CHARS_MAX, said, userOf } from './who.ts';

/** Members of `detail` that are text. */
function word(record: JournalRecord, member: string): string | undefined {
  const value = isObject(record.detail) ? record.detail[member] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Authentication: whose sign-in or token, at which service, with which second look. */
export function authentication(record: JournalRecord): JsonObject {
  const { principal, principalKind, server, route, session } = record;
  const service = server ?? route ?? word(record, 'issuer') ?? 'sallyport';
  return said({
    user: userOf(principal, principalKind),
    service: { name: service },
    session: session === undefined ? undefined : { uid: session },
    auth_protocol_id: 6,
    auth_protocol: 'OAUTH 2.0',
    logon_type_id: 3,
    logon_type: 'Network',
    is_remote: true,
  });
}

/** Network Activity: which local server was connected to what, and how much passed. */
export function connection({ server, address, detail }: JournalRecord): JsonObject {
  const known: JsonObject = isObject(detail) ? detail : {};
  const { host, port, sentBytes, receivedBytes } = known;
  const [sent, received] = [countOf(sentBytes), countOf(receivedBytes)];
  return said({
    src_endpoint: { svc_name: server ?? 'unknown' },
    dst_endpoint: said({
      hostname: typeof host === 'string' && host !== '' ? host : undefined, port: (countOf(port) ?? PORT_MAX + 1) > PORT_MAX ? undefined : countOf(port),
      ...(address !== undefined && isIP(address) !== 0 && address.length <= IP_CHARS_MAX ? { ip: address } : { name: address ?? 'unknown' }),
    }),
    connection_info: { direction_id: 2, direction: 'Outbound', protocol_num: 6, protocol_name: 'tcp' },
    traffic: said({ bytes_out: sent, bytes_in: received, bytes: sent === undefined || received === undefined ? undefined : sent + received }),
  });
}

const PORT_MAX = 65_535;

function countOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** Of `<resource>.<verb>`, as control names its changes. */
export function entity(record: JournalRecord): JsonObject {
  const { action, event } = record;
  const kind = word(record, 'resource') ?? (event.endsWith('.changed') ? action ?? event : event).replace(/\..*$/, '');
  const uid = word(record, 'id') ?? word(record, 'kid') ?? word(record, 'client') ?? word(record, 'context') ?? record.exchange;
  const type = ENTITY_TYPES.get(kind) ?? { type_id: 99, type: kind };
  return said({ entity: said({ uid: uid === '' ? record.id : uid, name: uid, ...type }), comment: record.reason ?? word(record, 'reason') });
}

/** OCSF's types of entities; all others are `Other`. */
const ENTITY_TYPES: ReadonlyMap<string, JsonObject> = new Map([
  ['person', { type_id: 2, type: 'User' }], ['account', { type_id: 2, type: 'User' }], ['group', { type_id: 3, type: 'Group' }],
  ['policy', { type_id: 5, type: 'Policy' }], ['network', { type_id: 7, type: 'Network Zone' }],
]);

const VERBS: ReadonlyMap<string, number> = new Map(Object.entries({
  add: 1, create: 1, connect: 1, register: 1, invite: 1, stored: 1, put: 3, set: 3, change: 3, replace: 3, renew: 3, reset: 3, rotate: 3, rotated: 3,
  reviewed: 3, scan: 2, remove: 4, delete: 4, revoke: 4, enrol: 6, approve: 10, approved: 10, rejected: 11, break: 11, quarantine: 12, on: 8, off: 9,
  disable: 9, enable: 8,
}));

/** The verb of an action (`server.approve`) or of an event (`key.rotated`) as an activity of Entity Management. */
export function entityActivity(record: JournalRecord): number {
  const verb = (record.action ?? record.event).split('.').at(-1) ?? '';
  return VERBS.get(verb) ?? VERBS.get(record.event.split('.').at(-1) ?? '') ?? 99;
}

/** User Access Management: who got or lost what. `named`: where a record names someone besides the one who did it. */
export function access(privileges: (record: JournalRecord) => readonly string[]) {
  return (record: JournalRecord): JsonObject => {
    const named = word(record, 'of') ?? (record.action?.startsWith('admin.') === true ? word(record, 'id') : undefined) ?? record.principal;
    return { user: userOf(named), privileges: privileges(record) };
  };
}

/** What a consent or a sign-in was for. */
export function scopes(record: JournalRecord): readonly string[] {
  const listed: Json | undefined = isObject(record.detail) ? record.detail['scopes'] : undefined;
  const words = isArray(listed) ? listed.filter((one) => typeof one === 'string') : [];
  return words.length > 0 ? words : ['access'];
}

/** Roles that an administrator got. */
export function roles(record: JournalRecord): readonly string[] {
  const listed: Json | undefined = isObject(record.detail) ? record.detail['roles'] : undefined;
  const words = isArray(listed) ? listed.filter((one) => typeof one === 'string') : [];
  return words.length > 0 ? words : [word(record, 'role') ?? 'administrator'];
}

/** Remediation: the command that stopped something, and why. */
export function remediation(record: JournalRecord): JsonObject {
  const reason = record.reason ?? word(record, 'reason');
  const what = [record.action ?? record.event, word(record, 'id') ?? word(record, 'context')].filter((part) => part !== undefined).join(' ');
  return said({ command_uid: record.id, remediation: { desc: reason === undefined ? what : `${what}: ${reason}` } });
}

/** Datastore Activity: the evidence itself, where somebody reads or deletes what is kept. */
export function evidence(record: JournalRecord): JsonObject {
  return { type_id: 2, type: 'Databucket', databucket: { uid: 'evidence', name: 'evidence', type_id: 99, type: record.event } };
}

/** Application Lifecycle: which part of us. */
export function lifecycle(version: string): (record: JournalRecord) => JsonObject {
  return (record) => ({ app: { name: `sallyport ${record.node}`, uid: record.node, version, vendor_name: 'Sallyport' } });
}
