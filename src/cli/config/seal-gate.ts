import { carriedBy } from '../../client-files/runs/carriers.ts';
import type { SealableEntry } from '../../client-files/seal/plan.ts';
import type { ConfiguredServer } from '../../domain/configured-server.ts';
import { SallyportError } from '../../domain/errors.ts';
import { isArray } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { declaredAs, importServers } from '../../registry/imported.ts';
import type { Declared } from '../../registry/imported.ts';
import { objects, part, text } from '../json-view.ts';
import { whileFetching } from '../server-package.ts';
import type { Call } from '../verbs.ts';
import { hasGate } from './file-acts.ts';

/** What the gate has of a file's servers. */
export interface AtGate {
  /** By the entry's place: the server that `sallyport connect` is told. */
  readonly targets: ReadonlyMap<SealableEntry['at'], string>;
  /** What is to be done so that the others go through it, too. */
  readonly notes: readonly string[];
}

export interface Known extends Declared {
  readonly status: string;
}

/** The registry as far as a client's file needs it. */
export async function serversAtGate(call: Pick<Call, 'client'>): Promise<readonly Known[]> {
  return objects(part(await call.client.get('/servers'), 'servers')).map((one) => {
    const named = part(one, 'package', 'declared');
    const command = isArray(named) ? named.map(text) : [];
    return { id: text(one['id']), endpoint: text(one['endpoint']), status: text(one['status']), ...(command.length === 0 ? {} : { command }) };
  });
}

/**
 * Which entries the gate takes the place of: those whose servers are approved there. With --owner the others are declared, their secrets in
 * the vault; they wait for their approval. Undefined: no gate is set up here.
 */
export async function throughGate(
  call: Call, entries: readonly SealableEntry[], servers: readonly ConfiguredServer[], isDry: boolean,
): Promise<AtGate | undefined> {
  if (!hasGate(call.client)) return undefined;
  const known = [...await serversAtGate(call)];
  const targets = new Map<SealableEntry['at'], string>();
  const notes: string[] = [];
  for (const entry of entries) {
    const server = servers.find(({ at }) => JSON.stringify(at) === JSON.stringify(entry.at));
    const found = server === undefined ? undefined : known.find(({ id }) => id === declaredAs(server, known, carriedBy));
    if (found?.status === 'approved') targets.set(entry.at, found.id);
    else if (found !== undefined) notes.push(`${entry.name} is ${found.status} at the gate as ${found.id}. ${nextFor(found.id)}`);
    else if (server !== undefined) {
      const made = await declare(call, server, known, isDry);
      notes.push(made.note);
      if (made.id !== undefined) known.push({ id: made.id, endpoint: '', status: 'new' });
    }
  }
  return { targets, notes };
}

function nextFor(id: string): string {
  return `Next: sallyport server scan ${id}; once it is approved, seal again`;
}

interface Made {
  readonly id?: string;
  readonly note: string;
}

/** Declares one server: each of its secrets goes to the vault before anything refers to it. */
async function declare(call: Call, server: ConfiguredServer, known: readonly Known[], isDry: boolean): Promise<Made> {
  const { options, client } = call;
  const owner = options.text('owner');
  if (owner === undefined) return { note: `the gate does not know ${server.name}: --owner WHO declares it, its secrets in the vault` };
  const secrets = new Map<string, string>();
  const imported = importServers({ servers: [server], unread: [] }, {
    owner, taken: known.map(({ id }) => id), declared: known, carriedBy,
    keep: (id, name, value) => {
      const secret = `${id}/${name.replaceAll(/[^\w.-]+/g, '-')}`;
      secrets.set(secret, value);
      return `vault:${secret}`;
    },
  });
  const [made] = imported.servers;
  const [skipped] = imported.skipped;
  if (made === undefined) return { note: `the gate can't take ${server.name}: ${skipped?.reason ?? 'it can\'t be declared'}. ${skipped?.remedy ?? ''}` };
  const { id } = made.declaration;
  const kept = secrets.size === 0 ? '' : `, ${secrets.size === 1 ? '1 secret' : `${secrets.size} secrets`} of it in the vault`;
  if (isDry) return { note: `${server.name} would be declared as ${id}${kept}` };
  try {
    for (const [name, value] of secrets) await client.send('PUT', `/vault/${encodeURIComponent(name)}`, { value, owner });
    const body: JsonObject = JSON.parse(JSON.stringify(made.declaration));
    await whileFetching(call, `declaring ${id}`, (): Promise<Json> => client.send('POST', '/servers', body));
    return { id, note: `${server.name} is declared as ${id}${kept}. ${nextFor(id)}` };
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    return { note: `${server.name} could not be declared: ${error.code} ${error.message}` };
  }
}
