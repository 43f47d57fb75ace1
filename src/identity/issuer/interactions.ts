import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Client, Interaction, InteractionResults, Provider } from 'oidc-provider';
import { SallyportError } from '../../domain/errors.ts';
import type { IssuerParts, ResourceView } from './parts.ts';

/** A request of a client that waits for a person: to sign in, or to agree. */
export interface PendingSignIn {
  readonly uid: string;
  readonly prompt: 'login' | 'consent';
  readonly client: ClientView;
  /** Who is signed in with the issuer in this browser; always there when consent is asked. */
  readonly account: string | undefined;
  /** Another account is wanted, or the same anew: what is signed in elsewhere must not be taken for it. */
  readonly anew: boolean;
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
}

/** What the sign-in pages do with a pending request; each answer is the address where the browser goes on. */
export interface Interactions {
  /** Throws `ERR_SIGN_IN_EXPIRED` when there is none (any more) in this browser. */
  readonly find: (request: Request, uid: string) => Promise<PendingSignIn>;
  readonly signedIn: (request: Request, uid: string, who: SignedIn) => Promise<string>;
  /** `scopes`: what of the asked ones the person agreed to. Throws `ERR_SIGN_IN_REFUSED` when the client is no registered agent. */
  readonly agreed: (request: Request, uid: string, scopes: readonly string[]) => Promise<string>;
  readonly refused: (request: Request, uid: string) => Promise<string>;
}

export function createInteractions(provider: () => Provider, parts: IssuerParts): Interactions {
  const need = async (request: Request, uid: string): Promise<Needed> => {
    const [incoming, outgoing] = asNode(request, parts);
    try {
      const interaction = await provider().interactionDetails(incoming, outgoing);
      if (interaction.uid !== uid) throw new Error('another sign-in');
      const client = await provider().Client.find(String(interaction.params['client_id']));
      if (client === undefined) throw new Error('the client is gone');
      return { interaction, client, resource: await needView(interaction, parts), finish: (result) => provider().interactionResult(incoming, outgoing, result) };
    } catch (cause) {
      if (cause instanceof SallyportError) throw cause;
      throw new SallyportError('ERR_SIGN_IN_EXPIRED', 'This sign-in is over, or belongs to another browser.', {
        remedy: 'Start it again from the application.', cause,
      });
    }
  };
  return {
    find: async (request, uid) => view(await need(request, uid), parts),
    signedIn: async (request, uid, { account, methods, at }) => {
      const { finish } = await need(request, uid);
      return finish({ login: { accountId: account, amr: [...methods], ts: Math.floor(at / 1000), remember: false } });
    },
    agreed: async (request, uid, scopes) => {
      const needed = await need(request, uid);
      const grantId = await grant(provider(), needed, scopes, parts);
      return needed.finish({ consent: { grantId } });
    },
    refused: async (request, uid) => {
      const { finish } = await need(request, uid);
      return finish({ error: 'access_denied', error_description: 'the person refused' });
    },
  };
}

interface Needed {
  readonly interaction: Interaction;
  readonly client: Client;
  readonly resource: ResourceView;
  readonly finish: (result: InteractionResults) => Promise<string>;
}

async function needView(interaction: Interaction, { findResource }: IssuerParts): Promise<ResourceView> {
  const uri = interaction.params['resource'];
  const resource = typeof uri === 'string' ? await findResource(uri) : undefined;
  if (resource === undefined) throw new Error('the resource is gone');
  return resource;
}

async function view({ interaction, client, resource }: Needed, parts: IssuerParts): Promise<PendingSignIn> {
  const { params, prompt } = interaction;
  return {
    uid: interaction.uid, prompt: prompt.name === 'consent' ? 'consent' : 'login', resource,
    account: interaction.session?.accountId, anew: prompt.reasons.some((reason) => reason !== 'no_session'),
    client: {
      id: client.clientId, name: client.clientName ?? client.clientId, uri: client.clientUri,
      redirectUri: typeof params['redirect_uri'] === 'string' ? params['redirect_uri'] : '',
      isDocument: client.clientIdMetadataDocument === true,
    },
    scopes: missing(interaction, resource), agent: await parts.findAgent(client.clientId, resource.space), device: interaction.deviceCode !== undefined,
  };
}

/** What of the asked scopes is not agreed to yet and can be had at all. */
function missing({ params, prompt }: Interaction, resource: ResourceView): readonly string[] {
  const open = prompt.details['missingResourceScopes'];
  const lists: Readonly<Record<string, unknown>> = typeof open === 'object' && open !== null ? { ...open } : {};
  const wanted = lists[resource.uri];
  const asked = Array.isArray(wanted) ? wanted.map(String) : String(params['scope'] ?? '').split(' ');
  return asked.filter((scope) => resource.scopes.includes(scope));
}

async function grant(provider: Provider, { interaction, client, resource }: Needed, scopes: readonly string[], parts: IssuerParts): Promise<string> {
  const accountId = interaction.session?.accountId;
  if (interaction.prompt.name !== 'consent' || accountId === undefined) {
    throw new SallyportError('ERR_SIGN_IN_EXPIRED', 'Nobody is signed in.', { remedy: 'Start it again from the application.' });
  }
  if ((await parts.findAgent(client.clientId, resource.space)) === undefined) {
    throw new SallyportError('ERR_SIGN_IN_REFUSED', 'This application is not registered as an agent here.', {
      remedy: 'Ask an administrator to register it (sallyport agent register).',
    });
  }
  const found = interaction.grantId === undefined ? undefined : await provider.Grant.find(interaction.grantId);
  // A grant that was found is of this very client and person: else somebody else's agreement would be widened.
  const mine = found !== undefined && found.accountId === accountId && found.clientId === client.clientId ? found : undefined;
  const kept = mine ?? new provider.Grant({ accountId, clientId: client.clientId });
  const asked = missing(interaction, resource);
  const agreed = scopes.filter((scope) => asked.includes(scope));
  kept.addResourceScope(resource.uri, agreed.join(' '));
  for (const scope of asked) if (!agreed.includes(scope)) kept.rejectResourceScope(resource.uri, scope);
  const { missingOIDCScope: oidc } = interaction.prompt.details;
  if (Array.isArray(oidc)) kept.addOIDCScope(oidc.join(' '));
  return kept.save();
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
