import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Client, Interaction as Kept, InteractionResults, Provider } from 'oidc-provider';
import { SallyportError } from '../../domain/errors.ts';
import type { IssuerParts, ResourceView } from './parts.ts';

/** A request of a client that waits for a person: to sign in, or to agree. */
export interface PendingSignIn {
  readonly uid: string;
  readonly prompt: 'login' | 'consent';
  /** Epoch ms; a sign-in before it does not answer `anew`. */
  readonly startedAt: number;
  readonly client: ClientView;
  /** Who is signed in with the issuer in this browser; always there when consent is asked. */
  readonly account: string | undefined;
  /** `prompt=login`: whoever is signed in proves it again. */
  readonly anew: boolean;
  /** `max_age`: how long ago the sign-in may be. */
  readonly maxAgeMs: number | undefined;
  readonly acrs: readonly string[];
  /** `login_hint`: a client's own words. */
  readonly hint: string | undefined;
  readonly resource: ResourceView;
  /** What the person is asked to agree to now (openid and offline_access left out). */
  readonly scopes: readonly string[];
  /** The registered agent that this client is; undefined: nobody has registered it, and without that no token comes. */
  readonly agent: string | undefined;
  readonly device: boolean;
}

/** What a client says of itself. Texts are its own claims: show them escaped, and the redirect's host beside them. */
export interface ClientView {
  readonly id: string;
  readonly name: string;
  readonly uri: string | undefined;
  /** Where the answer goes; empty for a device. */
  readonly redirectUri: string;
  /** Whether it is known by its own document alone (CIMD), and nobody here has looked at it. */
  readonly isDocument: boolean;
}

/** How somebody signed in: RFC 8176 methods, and when (epoch ms). */
export interface SignedIn {
  readonly account: string;
  readonly methods: readonly string[];
  readonly at: number;
  readonly acr?: string;
}

/** What the sign-in pages do with a pending request; each answer is the address where the browser goes on. */
export interface Interactions {
  /** Throws `ERR_SIGN_IN_EXPIRED` when there is none (any more) in this browser. */
  readonly find: (request: Request, uid: string) => Promise<PendingSignIn>;
  readonly signedIn: (request: Request, uid: string, who: SignedIn) => Promise<string>;
  /** `scopes`: what of the asked ones the person agreed to. Throws `ERR_SIGN_IN_REFUSED` when the client is no registered agent. */
  readonly agreed: (request: Request, uid: string, scopes: readonly string[]) => Promise<string>;
  readonly refused: (request: Request, uid: string) => Promise<string>;
  /** The browser's sign-in at the issuer ends. Gives `Set-Cookie` headers. */
  readonly signOut: (request: Request) => Promise<readonly string[]>;
}

/** The issuer's side of the sign-in pages, over the provider's own memory of the request. */
export function createInteractions(provider: () => Provider, parts: IssuerParts): Interactions {
  const need = async (request: Request, uid: string): Promise<Needed> => {
    const [incoming, outgoing] = asNode(request, parts);
    try {
      const kept = await provider().interactionDetails(incoming, outgoing);
      const client = kept.uid === uid ? await provider().Client.find(String(kept.params['client_id'])) : undefined;
      const uri = kept.params['resource'];
      const resource = typeof uri === 'string' ? await parts.findResource(uri) : undefined;
      if (client === undefined || resource === undefined) throw over();
      return { kept, client, resource, finish: (result) => provider().interactionResult(incoming, outgoing, result) };
    } catch (cause) {
      throw cause instanceof SallyportError && cause.code === 'ERR_STORE_UNAVAILABLE' ? cause : over(cause);
    }
  };
  return {
    find: async (request, uid) => view(await need(request, uid), parts),
    signedIn: async (request, uid, { account, methods, at, acr }) => {
      const { finish } = await need(request, uid);
      return finish({ login: { accountId: account, amr: [...methods], ts: Math.floor(at / 1000), remember: false, ...(acr === undefined ? {} : { acr }) } });
    },
    agreed: async (request, uid, scopes) => {
      const needed = await need(request, uid);
      return needed.finish({ consent: { grantId: await grant(provider(), needed, scopes, parts) } });
    },
    refused: async (request, uid) => {
      const { finish } = await need(request, uid);
      return finish({ error: 'access_denied', error_description: 'the person refused' });
    },
    signOut: async (request) => {
      const [incoming, outgoing] = asNode(request, parts);
      const name = provider().cookieName('session');
      const cookie = provider().createContext(incoming, outgoing).cookies.get(name, { signed: true });
      const session = cookie === undefined ? undefined : await provider().Session.find(cookie);
      await session?.destroy();
      const rest = `Path=/; Max-Age=0; HttpOnly; SameSite=Lax${parts.origin.startsWith('https:') ? '; Secure' : ''}`;
      return [name, `${name}.sig`].map((one) => `${one}=; ${rest}`);
    },
  };
}

interface Needed {
  readonly kept: Kept;
  readonly client: Client;
  readonly resource: ResourceView;
  readonly finish: (result: InteractionResults) => Promise<string>;
}

function over(cause?: unknown): SallyportError {
  return new SallyportError('ERR_SIGN_IN_EXPIRED', 'This sign-in is over, or belongs to another browser.', {
    remedy: 'Start it again from the application.', cause,
  });
}

async function view({ kept, client, resource }: Needed, parts: IssuerParts): Promise<PendingSignIn> {
  const { params, prompt } = kept;
  const text = (name: string): string | undefined => (typeof params[name] === 'string' ? params[name] : undefined);
  return {
    uid: kept.uid, prompt: prompt.name === 'consent' ? 'consent' : 'login', startedAt: (kept.iat ?? 0) * 1000, resource,
    client: {
      id: client.clientId, name: client.clientName ?? client.clientId, uri: client.clientUri,
      redirectUri: kept.deviceCode === undefined ? (text('redirect_uri') ?? '') : '', isDocument: client.clientIdMetadataDocument === true,
    },
    account: kept.session?.accountId, anew: text('prompt')?.split(' ').includes('login') ?? false,
    maxAgeMs: params['max_age'] === undefined ? undefined : Number(params['max_age']) * 1000,
    acrs: text('acr_values')?.split(' ') ?? [], hint: text('login_hint'),
    scopes: missing(kept, resource), agent: await parts.findAgent(client.clientId, resource.space), device: kept.deviceCode !== undefined,
  };
}

/** What of the asked scopes is not agreed to yet and can be had at all. */
function missing({ params, prompt }: Kept, resource: ResourceView): readonly string[] {
  const open = prompt.details['missingResourceScopes'];
  const lists: Readonly<Record<string, unknown>> = typeof open === 'object' && open !== null ? { ...open } : {};
  const wanted = lists[resource.uri];
  const asked = Array.isArray(wanted) ? wanted.map(String) : String(params['scope'] ?? '').split(' ');
  return asked.filter((scope) => resource.scopes.includes(scope));
}

async function grant(provider: Provider, { kept, client, resource }: Needed, scopes: readonly string[], parts: IssuerParts): Promise<string> {
  const accountId = kept.session?.accountId;
  if (kept.prompt.name !== 'consent' || accountId === undefined) throw over();
  if ((await parts.findAgent(client.clientId, resource.space)) === undefined) {
    throw new SallyportError('ERR_SIGN_IN_REFUSED', 'This application is not registered as an agent here.', {
      remedy: 'Ask an administrator to register it (sallyport agent register).',
    });
  }
  const found = kept.grantId === undefined ? undefined : await provider.Grant.find(kept.grantId);
  // Else somebody else's agreement would be widened.
  const mine = found?.accountId === accountId && found.clientId === client.clientId ? found : undefined;
  const granted = mine ?? new provider.Grant({ accountId, clientId: client.clientId });
  // A refusal holds for one request: asked anew, a person may answer anew.
  delete granted.rejected;
  for (const scope of missing(kept, resource)) {
    if (scopes.includes(scope)) granted.addResourceScope(resource.uri, scope);
    else granted.rejectResourceScope(resource.uri, scope);
  }
  const { missingOIDCScope: own } = kept.prompt.details;
  if (Array.isArray(own)) granted.addOIDCScope(own.join(' '));
  return granted.save();
}

/** The provider reads its cookies from a node request; that is all it takes from it here. */
function asNode(request: Request, { origin }: IssuerParts): readonly [IncomingMessage, ServerResponse] {
  const socket = new Socket();
  Object.defineProperty(socket, 'encrypted', { value: origin.startsWith('https:') });
  const incoming = new IncomingMessage(socket);
  incoming.method = request.method;
  incoming.url = new URL(request.url).pathname;
  incoming.headers = { host: new URL(origin).host, cookie: request.headers.get('cookie') ?? '' };
  return [incoming, new ServerResponse(incoming)];
}
