import type { Examination } from '../domain/inbound.ts';
import { isObject } from '../domain/json.ts';
import type { Era, Message } from '../domain/message.ts';
import type { Server } from '../domain/server.ts';
import { greet, type Asking } from './conversation.ts';
import type { Gateway } from './gateway.ts';
import { registryPrincipal } from './reader.ts';

/** What a remote server did when it was asked in a way in which it should refuse. `null`: that could not be found out. */
export interface Examined {
  readonly answersUnauthenticated: boolean | null;
  readonly acceptsForeignOrigin: boolean | null;
}

/**
 * Asks a server that was just read in this era for its greeting again, once without its credential and once as a foreign
 * web page: through the path, as the registry, recorded like every call (invariant 1). Reads only. Never throws.
 * `undefined`: a local server, which nothing else can reach.
 */
export async function examine(gateway: Gateway, server: Server, era: Era, signal: AbortSignal): Promise<Examined | undefined> {
  if (server.endpoint.transport === 'stdio') return undefined;
  const principal = registryPrincipal(server.space, Date.now());
  const answers = async (how: Examination): Promise<boolean | null> => {
    const asking: Asking = { gateway, space: server.space, server: server.id, internal: { principal, onBehalfOf: principal, examine: how }, signal };
    return answered(await greet(asking, era));
  };
  return {
    // A server without a credential was read without one just now.
    answersUnauthenticated: server.credentials.type === 'none' ? true : await answers('anonymous'),
    acceptsForeignOrigin: await answers('foreign-origin'),
  };
}

/** A refusal is a refusal by HTTP, or a redirect away (to a page where people sign in). All else but a result says nothing. */
const REFUSALS: ReadonlySet<unknown> = new Set(['ERR_UPSTREAM_REFUSED', 'ERR_UPSTREAM_REDIRECT']);

function answered(message: Message | undefined): boolean | null {
  if (message?.kind === 'result') return true;
  const data = message?.kind === 'error' ? message.error.data : undefined;
  return isObject(data) && REFUSALS.has(data['code']) ? false : null;
}
