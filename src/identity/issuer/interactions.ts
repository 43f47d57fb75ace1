import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Client, Interaction as Kept, InteractionResults, Provider } from 'oidc-provider';
import { SallyportError } from '../../domain/errors.ts';
import type { Interaction, InteractionResult, Interactions } from './interaction.ts';
import { mayAsk } from './may-ask.ts';
import type { IssuerParts, ResourceView } from './parts.ts';

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
    details: async (request, uid) => view(await need(request, uid), parts),
    finish: async (request, uid, result) => {
      const needed = await need(request, uid);
      if (result.kind === 'signed-in') await forgetOther(provider(), needed, result.person);
      const answer = await resultOf(provider(), needed, result, parts);
      const url = await needed.finish(answer);
      return { url, ...(answer.consent?.grantId === undefined ? {} : { grant: answer.consent.grantId }) };
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

async function view({ kept, client, resource }: Needed, parts: IssuerParts): Promise<Interaction> {
  const { params, prompt } = kept;
  const text = (name: string): string | undefined => (typeof params[name] === 'string' ? params[name] : undefined);
  const agent = await parts.findAgent(client.clientId, resource.space);
  const [redirectUri, maxAge, hint] = [text('redirect_uri'), params['max_age'], text('login_hint')];
  const maxAges = [...(maxAge === undefined ? [] : [Number(maxAge) * 1000]), ...(resource.reserved === undefined ? [] : [resource.reserved.signInMaxMs])];
  return {
    uid: kept.uid, prompt: prompt.name === 'consent' ? 'consent' : 'login',
    client: {
      id: client.clientId, name: client.clientName ?? client.clientId, origin: await originOf(client, parts),
      ...(agent === undefined ? {} : { agent }),
    },
    ...(redirectUri === undefined || kept.deviceCode !== undefined ? {} : { redirectUri }),
    resource: resource.uri, scopes: missing(kept, resource), reserved: resource.reserved !== undefined,
    ...(kept.session?.accountId === undefined ? {} : { person: kept.session.accountId }),
    fresh: text('prompt')?.split(' ').includes('login') ?? false, acrs: text('acr_values')?.split(' ') ?? [],
    ...(maxAges.length === 0 ? {} : { maxAgeMs: Math.min(...maxAges) }), ...(hint === undefined ? {} : { hint }),
  };
}

/** Who says what the client is: what stands in the provider's own memory came from the client itself. */
async function originOf({ clientId, clientIdMetadataDocument }: Client, parts: IssuerParts): Promise<Interaction['client']['origin']> {
  if (clientIdMetadataDocument === true) return 'document';
  return await parts.findClient(clientId) === undefined ? 'dynamic' : 'declared';
}

/** What of the asked scopes is not agreed to yet and can be had at all. */
function missing({ params, prompt }: Kept, resource: ResourceView): readonly string[] {
  const open = prompt.details['missingResourceScopes'];
  const lists: Readonly<Record<string, unknown>> = typeof open === 'object' && open !== null ? { ...open } : {};
  const wanted = lists[resource.uri];
  const asked = Array.isArray(wanted) ? wanted.map(String) : (typeof params['scope'] === 'string' ? params['scope'] : '').split(' ');
  return asked.filter((scope) => resource.scopes.includes(scope));
}

/** Somebody else was signed in before: nothing of theirs is continued. */
async function forgetOther(provider: Provider, { kept }: Needed, person: string): Promise<void> {
  if (kept.session?.accountId === undefined || kept.session.accountId === person) return;
  await (await provider.Session.findByUid(kept.session.uid))?.destroy();
  delete kept.session;
  await kept.save(Math.max(1, kept.exp - Math.floor(Date.now() / 1000)));
}

async function resultOf(provider: Provider, needed: Needed, result: InteractionResult, parts: IssuerParts): Promise<InteractionResults> {
  if (result.kind === 'refused') return { error: 'access_denied', error_description: 'the person refused' };
  if (result.kind === 'agreed') return { consent: { grantId: await grant(provider, needed, result, parts) } };
  const { person, signedInAt, acr, amr } = result;
  return { login: { accountId: person, ts: Math.floor(signedInAt / 1000), acr, amr: [...amr], remember: false } };
}

async function grant(
  provider: Provider, { kept, client, resource }: Needed, { person, scopes }: Extract<InteractionResult, { kind: 'agreed' }>, parts: IssuerParts,
): Promise<string> {
  if (kept.prompt.name !== 'consent' || kept.session?.accountId !== person) throw over();
  if (!(await mayAsk(parts, client.clientId, resource)) || (await resource.reserved?.serves(person)) === false) {
    throw new SallyportError('ERR_SIGN_IN_REFUSED', 'This application is not registered as an agent here.', {
      remedy: 'Ask an administrator to register it (sallyport agent register).',
    });
  }
  const found = kept.grantId === undefined ? undefined : await provider.Grant.find(kept.grantId);
  // Else somebody else's agreement would be widened.
  const mine = found?.accountId === person && found.clientId === client.clientId ? found : undefined;
  const granted = mine ?? new provider.Grant({ accountId: person, clientId: client.clientId });
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
