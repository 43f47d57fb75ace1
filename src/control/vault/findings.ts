import { lstatSync } from 'node:fs';
import type { Keep, LaunchSpec } from '../../domain/server.ts';
import { SECRET_REFERENCE } from '../../domain/server.ts';
import type { Rows } from '../../store/store.ts';
import { keepState } from '../../vault/keep.ts';
import type { ServerFinding, StoredServer } from '../servers/schema.ts';
import { findStored } from '../stored.ts';
import { currentOf } from './secrets.ts';
import type { StoredSecret } from './schema.ts';

/** What an administrator must know of how a server's secrets are kept. */
export async function credentialFindings(
  rows: Rows, space: string, server: Pick<StoredServer, 'credentials' | 'endpoint'>, now: number,
): Promise<readonly ServerFinding[]> {
  const { credentials } = server;
  const isStatic = credentials.type === 'header' || credentials.type === 'mtls';
  const secrets = await Promise.all(referencesOf(server).map(async (reference) => ({ reference, kept: await keptOf(rows, space, reference) })));
  const own = isStatic ? keepFindings(merged(credentials, secrets.find(({ reference }) => reference === credentials.secret)?.kept), 'its credential', now) : [];
  return [
    ...own,
    ...secrets.flatMap(
      ({ reference, kept }) => (isStatic && reference === credentials.secret ? [] : kept === undefined ? [] : secretFindings(kept, reference, now)),
    ),
    ...secrets.flatMap(({ reference, kept }) => placeFindings(reference, kept)),
  ];
}

/** Every reference to a secret that a server's entry declares, its credential's first. */
export function referencesOf({ credentials, endpoint }: Pick<StoredServer, 'credentials' | 'endpoint'>): readonly string[] {
  const inLaunch = endpoint.transport === 'stdio' ? referencesIn(endpoint.launch) : [];
  const named = 'secret' in credentials && credentials.secret !== undefined ? [credentials.secret] : [];
  const ofIdp = credentials.type === 'id-jag' && credentials.idpSecret !== undefined ? [credentials.idpSecret] : [];
  return [...new Set([...named, ...ofIdp, ...inLaunch])];
}

/** What a launch shows its process: as variables, and as files. */
export function referencesIn({ env, sandbox }: LaunchSpec): readonly string[] {
  return [...Object.values(env), ...Object.values(sandbox.secretFiles)].filter((value) => SECRET_REFERENCE.test(value));
}

/** What is to be said of a secret itself. */
export function secretFindings(secret: StoredSecret, item: string, now: number): readonly ServerFinding[] {
  return keepFindings({ ...secret, changedAt: currentOf(secret)?.createdAt ?? 0 }, item, now);
}

/** Of a credential that two places speak of: the server's entry, which says it of this use, and the secret's own. */
function merged(entry: Keep, secret: StoredSecret | undefined): Keep & { readonly changedAt: number } {
  const [owner, expires, rotateBy] = [entry.owner ?? secret?.owner, earlier(entry.expires, secret?.expires), earlier(entry.rotateBy, secret?.rotateBy)];
  return {
    ...(owner === undefined ? {} : { owner }), ...(expires === undefined ? {} : { expires }), ...(rotateBy === undefined ? {} : { rotateBy }),
    changedAt: secret === undefined ? 0 : (currentOf(secret)?.createdAt ?? 0),
  };
}

/** Dates of this form are in the order of their text. */
function earlier(one: string | undefined, other: string | undefined): string | undefined {
  return one === undefined || (other !== undefined && other < one) ? other : one;
}

function keepFindings(keep: Keep & { readonly changedAt: number }, item: string, now: number): readonly ServerFinding[] {
  const state = keepState(keep, now, keep.changedAt);
  const finding = (rule: string, severity: ServerFinding['severity'], message: string): readonly ServerFinding[] => [{ rule, severity, item, message }];
  if (state === 'expired') return finding('credential-expired', 'block', `It was to be used until ${keep.expires ?? ''}: it is not released any more.`);
  if (state === 'overdue') return finding('credential-rotation-overdue', 'warn', `It should have been rotated by ${keep.rotateBy ?? ''}.`);
  return state === 'unowned' ? finding('credential-unowned', 'warn', 'Nobody is named who answers for it.') : [];
}

function placeFindings(reference: string, kept: StoredSecret | undefined): readonly ServerFinding[] {
  if (reference.startsWith('vault:') && kept === undefined) {
    return [{ rule: 'credential-missing', severity: 'warn', item: reference, message: 'The vault holds no such secret.' }];
  }
  const found = reference.startsWith('file:') ? lstatSync(reference.slice('file:'.length), { throwIfNoEntry: false }) : undefined;
  if (found === undefined || (found.mode & 0o077) === 0) return [];
  const mode = (found.mode & 0o777).toString(8).padStart(4, '0');
  return [{
    rule: 'credential-file-open', severity: 'warn', item: reference, message: `The file has mode ${mode}: other users can read the secret. It should be 0600.`,
  }];
}

async function keptOf(rows: Rows, space: string, reference: string): Promise<StoredSecret | undefined> {
  return reference.startsWith('vault:') ? (await findStored(rows, 'secret', space, reference.slice('vault:'.length)))?.body : undefined;
}
