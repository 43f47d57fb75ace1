import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { EFFECTS } from '../../domain/server.ts';
import type { ResourceView } from '../../identity/issuer/parts.ts';
import type { Rows } from '../../store/store.ts';
import { API_SCOPES, apiUri } from '../admins/api-uri.ts';
import { isHeldBy, isSound } from '../admins/roles.ts';
import { OWN_CLIENT } from '../clients/find.ts';
import { readIssuers } from '../manifest/identity.ts';
import { readNetwork } from '../manifest/settings.ts';
import { findStored, listStored } from '../stored.ts';
import { findAccountView } from './people.ts';
import { readPublished } from './published.ts';

const PATH = /^(?:\/s\/([a-z0-9-]{1,63}))?\/mcp\/(t\/)?([A-Za-z0-9][A-Za-z0-9._-]{0,127})$/;

/** The route of a canonical URI, if there is one: an existing server or toolset, at the gate's own public origin, written the one way. */
export async function findPlace(rows: Rows, uri: string): Promise<ResourceView | undefined> {
  const own = (await readPublished(rows))?.issuer;
  if (own !== undefined && uri === apiUri(own)) {
    return {
      uri, space: DEFAULT_SPACE, scopes: API_SCOPES, defaultScopes: API_SCOPES,
      reserved: { client: OWN_CLIENT, signInMaxMs: LIMITS.adminSignInMs, serves: (account) => holdsAnyRole(rows, own, account) },
    };
  }
  const { publicUrl } = await readNetwork(rows);
  const { origin } = new URL(publicUrl);
  if (!uri.startsWith(`${origin}/`)) return undefined;
  const match = PATH.exec(uri.slice(origin.length));
  const [, space = DEFAULT_SPACE, toolset, name] = match ?? [];
  // The default space has one way to be written, as every other has.
  if (match === null || name === undefined || match[1] === DEFAULT_SPACE) return undefined;
  const servers = toolset === undefined ? await ownServer(rows, space, name) : await members(rows, space, name);
  if (servers === undefined) return undefined;
  const { scopes } = await readIssuers(rows);
  const custom = scopes.filter((one) => one.space === space && one.allow.every(({ server }) => servers.includes(server))).map(({ scope }) => scope);
  return {
    uri, space, defaultScopes: servers.map((server) => `${server}.read`),
    scopes: [...servers.flatMap((server) => [...EFFECTS.map((effect) => `${server}.${effect}`), server]), ...custom],
  };
}

async function ownServer(rows: Rows, space: string, name: string): Promise<readonly string[] | undefined> {
  return (await rows.get('server', space, name)) === undefined ? undefined : [name];
}

async function members(rows: Rows, space: string, name: string): Promise<readonly string[] | undefined> {
  const toolset = await findStored(rows, 'toolset', space, name);
  return toolset && [...new Set(toolset.body.members.map(({ server }) => server))];
}

/** Whether somebody administers anything at all; what and where is asked of each request. */
async function holdsAnyRole(rows: Rows, issuer: string, account: string): Promise<boolean> {
  const person = await findAccountView(rows, account);
  if (person === undefined) return false;
  const who = { id: `${issuer}|${account}`, groups: person.groups };
  return (await listStored(rows, 'admin')).some((grant) => isSound(grant) && isHeldBy(grant, who));
}
