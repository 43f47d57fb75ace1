import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { DetectSettings } from '../../domain/detect.ts';
import { SECRET_REFERENCE } from '../../domain/server.ts';
import type { LaunchSpec, Tool } from '../../domain/server.ts';
import { digestOfText, parsePolicy } from '../../policy/parse.ts';
import { splitPolicies } from '../../policy/split.ts';
import type { AuditShape } from '../../registry/audit-shape.ts';
import { guessEffect } from '../../registry/effects.ts';
import type { Rows } from '../../store/store.ts';
import { isHeldBy, isSound } from '../admins/roles.ts';
import { readSpaceKill } from '../kill/kill.ts';
import { groupsOfPeople } from '../people/groups.ts';
import { readNames } from '../people/names.ts';
import { readAudit } from '../retention/settings.ts';
import { readDetectSettings } from '../detect/settings.ts';
import { readSignIn } from '../sign-in/settings.ts';
import { gainsApproval, readApproving, type Approving } from './approving.ts';
import type { StoredServer } from '../servers/schema.ts';
import { listStored } from '../stored.ts';
import { referencesOf } from '../vault/findings.ts';

/** What no single person may change, as the store holds it at one moment. */
export interface Wide {
  readonly stopped: boolean;
  /** Each by where it is, and what it is. */
  readonly admins: Things;
  /** Who of the people here holds a role, by which grant: a new member of a group that administers is a new administrator. */
  readonly holders: ReadonlySet<string>;
  /** By what those people sign in: who opens such an account anew is that administrator from then on. */
  readonly credentials: ReadonlySet<string>;
  /** Tokens with which a directory says who the people are, and their groups. */
  readonly directories: ReadonlySet<string>;
  /** What people let through for one flow context. */
  readonly passes: ReadonlySet<string>;
  readonly custodians: Things;
  readonly settings: Things;
  readonly organisation: Things;
  readonly forbids: Things;
  readonly approving: Approving;
  readonly servers: ReadonlyMap<string, Approved>;
  /** Which secret is shown where, in words. Reading a server shows it before anybody has approved the server. */
  readonly showings: ReadonlySet<string>;
}

type Things = ReadonlyMap<string, string>;

interface Approved {
  readonly digest: string;
  /** Tools that destroy or transact, by what is confirmed of them or by what they look like. */
  readonly risky: readonly string[];
  /** Those of them that are confirmed to. */
  readonly confirmed: readonly string[];
}

/**
 * Settings that are nobody's alone: who issues tokens, the two-person rule itself, which commands control runs for secrets,
 * how long evidence stays, to whom traffic is told, who may approve calls, alone or for others, whether servers run without a sandbox,
 * who may open backups and order a recovery, where packages come from, and who may read what is published.
 */
const SETTINGS: readonly string[] = ['identity', 'administration', 'vault', 'audit', 'telemetry', 'flow', 'classification', 'defaults', 'detect', 'approvals',
  'runner', 'backup', 'packages', 'registry', 'notify', 'reviews',
  'schedule', 'knowledge'];
const RISKY: readonly string[] = ['destroy', 'transact'];

/** Reads it whole, of all spaces. */
export async function readWide(rows: Rows): Promise<Wide> {
  const forbids = (await listStored(rows, 'policy')).flatMap(({ space, body }) => forbidsOf(space, body.file, body.source));
  const approved = new Set((await listStored(rows, 'server')).filter(({ body }) => body.status === 'approved').map(({ space, id }) => `${space}/${id}`));
  const baselines = (await listStored(rows, 'baseline')).filter(({ space, id }) => approved.has(`${space}/${id}`));
  const { holders, credentials } = await readHolders(rows);
  return {
    stopped: (await readSpaceKill(rows, DEFAULT_SPACE)).all,
    admins: keyed(await listStored(rows, 'admin')),
    holders, credentials, directories: new Set((await listStored(rows, 'scim-token')).map(({ id }) => id)),
    passes: new Set((await listStored(rows, 'context')).flatMap(({ body: { passes = [] } }) => passes.map(({ id }) => id))),
    custodians: keyed(await listStored(rows, 'custodian')),
    settings: new Map([
      ...keyed((await rows.list('setting')).filter(({ id }) => SETTINGS.includes(id))), ['sign-in', JSON.stringify(await readSignIn(rows))],
    ]),
    organisation: new Map(forbids.filter(({ organisation }) => organisation).map(({ key, text }) => [key, text])),
    forbids: new Map(forbids.map(({ key, text }) => [key, text])),
    approving: await readApproving(rows, forbids.map(({ annotations }) => annotations)),
    servers: new Map(baselines.map(({ space, id, body: { digest, surface } }) => [`${space}/${id}`, {
      digest, risky: surface.tools.filter(isRisky).map(({ name }) => name),
      confirmed: surface.tools.filter(({ effect }) => RISKY.includes(effect)).map(({ name }) => name),
    }])),
    showings: new Set([
      ...(await listStored(rows, 'server')).flatMap(({ space, body }) => showingsOf(body).map((one) => `${one} (space ${space})`)),
      ...sinkShowings(await readAudit(rows)), ...remoteShowings(await readDetectSettings(rows)),
    ]),
  };
}

async function readHolders(rows: Rows): Promise<Pick<Wide, 'holders' | 'credentials'>> {
  const [grants, namesOf] = [(await listStored(rows, 'admin')).filter(isSound), await readNames(rows)];
  const held = (await groupsOfPeople(rows)).filter(({ person }) => person.active).flatMap(({ id, person, groups }) =>
    grants.filter((grant) => namesOf(id, person).some((name) => isHeldBy(grant, { id: name, groups }))).map((grant) => ({ id, grant })));
  const people = new Set(held.map(({ id }) => id));
  const accounts = (await listStored(rows, 'account', DEFAULT_SPACE)).filter(({ body }) => people.has(body.person));
  return {
    holders: new Set(held.map(({ id, grant }) => `${id} ${grant.space}/${grant.id}`)),
    credentials: new Set(accounts.flatMap(({ body: { person, password, passkeys, enrolment } }) =>
      [password, enrolment?.id, ...passkeys.map(({ id }) => id)].flatMap((one) => (one === undefined ? [] : [`${person} ${one}`])))),
  };
}

/** Why a change is wide, in plain words; nothing: it is not. */
export function compareWide(before: Wide, after: Wide): readonly string[] {
  const changed = (name: 'admins' | 'custodians' | 'settings' | 'organisation'): boolean => !Bun.deepEquals([...before[name]], [...after[name]]);
  const gains = (name: 'holders' | 'credentials' | 'directories' | 'passes'): boolean => [...after[name]].some((one) => !before[name].has(one));
  return [
    before.stopped && !after.stopped ? 'it lets everything go on that was stopped' : '',
    changed('admins') || gains('holders') ? 'it changes who administers' : '',
    gains('credentials') ? 'it opens an administrator\'s account to whoever has the new credential' : '',
    gains('directories') ? 'it lets a directory say who the people are' : '',
    gains('passes') ? 'it endorses or declassifies a value for a flow context' : '',
    changed('custodians') ? 'it changes who can open the break-glass' : '',
    changed('settings')
      ? 'it changes who issues tokens, how people sign in, the two-person rule, what becomes of evidence, who is told of traffic, what is looked for in it, '
        + 'who approves calls, where packages come from, who reads the registry, what runs by itself, whose knowledge is believed, or where data may go'
      : '',
    changed('organisation') ? 'it changes a policy of the whole organisation' : '',
    gainsApproval(before.approving, after.approving) ? 'it changes who may approve calls' : '',
    [...before.forbids.keys()].some((key) => !after.forbids.has(key)) ? 'it removes or changes a forbid' : '',
    ...[...after.showings].filter((one) => !before.showings.has(one)).map((one) => `it shows ${one}`),
    ...[...after.servers].map(([server, now]) => tellServer(server, before.servers.get(server), now)),
  ].filter((reason) => reason !== '');
}

function tellServer(server: string, before: Approved | undefined, now: Approved): string {
  if (before?.digest !== now.digest) return now.risky.length > 0 ? `it approves ${server}, which has tools that destroy or transact` : '';
  return before.confirmed.some((tool) => !now.confirmed.includes(tool)) ? `it says that a tool of ${server} no longer destroys or transacts` : '';
}

/** Each secret of a server's entry with the place that is shown it, or shown a token that was had for it. */
function showingsOf({ endpoint, credentials }: StoredServer): readonly string[] {
  const place = endpoint.transport === 'stdio' ? placeOf(endpoint.launch) : new URL(endpoint.url).origin;
  const providers = Object.entries(credentials).flatMap(([name, value]) =>
    (/^(?:issuer|tokenUrl|idpTokenUrl)$/.test(name) && typeof value === 'string' ? [new URL(value).origin] : []));
  return referencesOf({ endpoint, credentials }).flatMap((secret) => [place, ...providers].map((where) => `the secret ${secret} at ${where}`));
}

/** A process, and whom it may tell. */
function placeOf({ command, args, package: pin, sandbox: { network } }: LaunchSpec): string {
  const reach = network.length === 0 ? '' : `, which reaches ${network.join(', ')}`;
  return `${JSON.stringify([command, ...args])}${pin === undefined ? '' : ` of ${pin.digest}`}${reach}`;
}

/** What leaves through sinks beyond records under pseudonyms: names of people, and secrets, each with where it goes. */
function sinkShowings({ sinks = {} }: AuditShape): readonly string[] {
  return Object.entries(sinks).flatMap(([name, sink]) => {
    const place = 'url' in sink ? new URL(sink.url).origin : 'address' in sink ? sink.address : 'brokers' in sink ? sink.brokers.join(', ') : sink.directory;
    const where = `the sink ${name} at ${place}`;
    return [...(sink.reveal === true ? [`people by their names to ${where}`] : []), ...secretsOf(sink).map((secret) => `the secret ${secret} to ${where}`)];
  });
}

/** A judge outside sees what messages say. */
function remoteShowings(detect: DetectSettings): readonly string[] {
  return Object.entries(detect).flatMap(([space, { remote }]) => {
    if (remote === undefined) return [];
    const where = `${new URL(remote.url).origin} (space ${space})`;
    return [`what messages say to ${where}`, ...(remote.secret === undefined ? [] : [`the secret ${remote.secret} to ${where}`])];
  });
}

function secretsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return SECRET_REFERENCE.test(value) ? [value] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(secretsOf) : [];
}

/** Whoever approves may call a tool harmless: what it looks like without them counts too. */
function isRisky({ effect, definition }: Tool): boolean {
  return RISKY.includes(effect) || RISKY.includes(guessEffect(definition));
}

interface Forbid {
  readonly key: string;
  readonly text: string;
  readonly organisation: boolean;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A file that does not parse does not compile either; nothing of it is in force. */
function forbidsOf(space: string, file: string, source: string): readonly Forbid[] {
  return splitPolicies(file, source).flatMap((chunk) => {
    const digest = digestOfText(chunk.text);
    const { draft } = parsePolicy(chunk, digest);
    if (draft?.effect !== 'forbid') return [];
    return [{ key: `${space}/${digest}`, text: chunk.text, organisation: isOrganisation(draft.annotations), annotations: draft.annotations }];
  });
}

function isOrganisation(annotations: Readonly<Record<string, string>>): boolean {
  return annotations['scope'] === 'organisation';
}

function keyed(rows: readonly { readonly space: string; readonly id: string; readonly body: unknown }[]): Things {
  return new Map(rows.map(({ space, id, body }) => [`${space}/${id}`, JSON.stringify(body)]));
}
