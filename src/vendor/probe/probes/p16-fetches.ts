import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { LIMITS } from '../../../domain/limits.ts';
import type { Observed } from '../result.ts';
import { observed } from '../scene.ts';
import type { Probe, Scene } from '../scene.ts';
import { isSilent } from '../wire.ts';

/**
 * P16: whether the authorization server fetches what a client names as its identity, even from a private address. A listener of ours stands
 * there, and a connection to it is proof; it says nothing. Only with consent, and only where the server could reach it.
 */
export const probe: Probe = async (scene) => ({ checks: [await privateFetch(scene)] });

async function privateFetch(scene: Scene): Promise<Observed> {
  const found = await scene.issuer();
  if (found === undefined || !('metadata' in found)) return observed('private-fetch', 'not-applicable', 'no authorization server is known');
  const { metadata } = found;
  if (metadata['client_id_metadata_document_supported'] !== true) return observed('private-fetch', 'not-applicable', 'it fetches no metadata of clients');
  if (!scene.permission.consents.includes('fetches')) return observed('private-fetch', 'unknown', 'the permission has no consent to fetches');
  const endpoint = metadata['authorization_endpoint'];
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint)) return observed('private-fetch', 'unknown', 'it names no authorization endpoint');
  const place = await scene.wire.place(endpoint);
  if (typeof place === 'string') return observed('private-fetch', 'unknown', place);
  if (!place.address.startsWith('127.')) return observed('private-fetch', 'unknown', 'no private address of ours can be reached from there');
  return listenAndAsk(scene, endpoint);
}

async function listenAndAsk({ wire, url, signal }: Scene, endpoint: string): Promise<Observed> {
  const arrived = Promise.withResolvers<boolean>();
  const server = createServer((socket) => {
    socket.on('error', () => undefined).destroy();
    arrived.resolve(true);
  });
  const port = await listen(server);
  try {
    const query = new URLSearchParams({
      response_type: 'code', client_id: `https://127.0.0.1:${port}/client.json`, redirect_uri: `https://127.0.0.1:${port}/back`, state: crypto.randomUUID(),
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256', resource: url,
    });
    const answer = await wire.ask({ method: 'GET', url: `${endpoint}${endpoint.includes('?') ? '&' : '?'}${query.toString()}` });
    const late = setTimeout(() => arrived.resolve(false), LIMITS.vendorFetchMs);
    signal.addEventListener('abort', () => arrived.resolve(false), { once: true });
    const isFetched = await arrived.promise;
    clearTimeout(late);
    if (isFetched) return observed('private-fetch', 'fail', 'it came to a private address that a client named');
    if (isSilent(answer)) return observed('private-fetch', 'unknown', answer.silence);
    return observed('private-fetch', 'pass', `nothing came; it answered ${answer.status}`);
  } finally {
    server.close();
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}
