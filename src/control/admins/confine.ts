import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Kind, Rows } from '../../store/store.ts';
import type { By } from '../control.ts';
import { SERVER } from '../servers/schema.ts';
import { referencesOf } from '../vault/findings.ts';

/** Rows of the default space that are the whole organisation's, whoever administers that space. */
const ORGANISATION: readonly Kind[] = ['person', 'group', 'account', 'consent', 'scim-token', 'custodian', 'opening', 'registration', 'identity'];

/**
 * The rows as somebody may write them: of the space that was asked, and the organisation's only with a role for the whole
 * organisation. It stands below every route, so that one that forgets its space widens nothing. Throws `ERR_ADMIN_FORBIDDEN`.
 */
export function confineRows(rows: Rows, { admin, space }: By): Rows {
  // What control does by itself was decided elsewhere: a manifest at its start, an identity provider's push.
  if (admin.proof === undefined || admin.organisation === true) return admin.proof === undefined ? rows : confined(rows, space, false);
  return confined(rows, space, true);
}

function confined(rows: Rows, space: string, narrow: boolean): Rows {
  const check = async (kind: Kind, of: string, id: string, body: Json | undefined): Promise<void> => {
    if (of !== space) throw crossing(`a ${kind} of the space ${of}`);
    if (narrow && await isOrganisations(rows, kind, of, id, body)) throw crossing(`the organisation's ${kind}`);
  };
  return {
    get: (kind, of, id) => rows.get(kind, of, id),
    list: (kind, of) => rows.list(kind, of),
    put: async (kind, of, id, body, options) => {
      await check(kind, of, id, body);
      return rows.put(kind, of, id, body, options);
    },
    delete: async (kind, of, id, options) => {
      await check(kind, of, id, undefined);
      return rows.delete(kind, of, id, options);
    },
    snapshots: rows.snapshots,
    configuration: rows.configuration,
    flow: rows.flow,
  };
}

function crossing(what: string): SallyportError {
  return new SallyportError('ERR_ADMIN_FORBIDDEN', `${what} is not yours to change`, { remedy: 'It takes a role for the whole organisation (space "*").' });
}

async function isOrganisations(rows: Rows, kind: Kind, space: string, id: string, body: Json | undefined): Promise<boolean> {
  if (space !== DEFAULT_SPACE) return kind === 'admin' && reachesBeyond(body, space);
  if (ORGANISATION.includes(kind)) return true;
  if (kind !== 'setting' && kind !== 'admin' && kind !== 'server') return false;
  const before = (await rows.get(kind, space, id))?.body;
  if (kind === 'admin') return reachesBeyond(before, space) || reachesBeyond(body, space);
  if (kind === 'server') return body !== undefined && sendsMachineSecrets(before, body);
  return id !== 'kill' || stopsAll(before) !== stopsAll(body);
}

/** Files and variables of control's own machine belong to no space: who sends one of them where is the organisation's to say. */
function sendsMachineSecrets(before: Json | undefined, after: Json): boolean {
  const [old, now] = [before, after].map((body) => SERVER.safeParse(body, { reportInput: false }).data);
  if (now === undefined) return true;
  const isMachines = referencesOf(now).some((reference) => !reference.startsWith('vault:'));
  return isMachines && !Bun.deepEquals([old?.endpoint, old?.credentials], [now.endpoint, now.credentials]);
}

function reachesBeyond(body: Json | undefined, space: string): boolean {
  return body !== undefined && (!isObject(body) || body['space'] !== space);
}

function stopsAll(body: Json | undefined): boolean {
  return isObject(body) && body['all'] === true;
}
