import { issuersIn } from '../resource.ts';
import { factText, judged, observed } from '../scene.ts';
import type { Probe, Scene } from '../scene.ts';

/** P15: whether anything leads to another origin: what follows takes its headers, and with them tokens, there. Nothing is followed here. */
export const probe: Probe = async (scene) => {
  const { wire, url } = scene;
  await wire.ask({ method: 'GET', url });
  await askTokenEndpoint(scene);
  const away = wire.heard.flatMap(({ question, answer: { status, headers } }) => {
    const location = status >= 300 && status < 400 ? headers.get('location') : null;
    if (location === null || !URL.canParse(location, question.url)) return [];
    const { origin, host } = new URL(location, question.url);
    return origin === new URL(question.url).origin || isUpgrade(question.url, location) ? [] : [{ from: new URL(question.url).pathname, to: origin, host }];
  });
  if (wire.heard.length === 0) return { checks: [observed('redirect', 'unknown', 'it answered nothing')] };
  const named = [...new Set(away.map(({ from, to }) => `${from} to ${to}`))].slice(0, 5);
  return {
    checks: [judged('redirect', away.length === 0, `none in ${wire.heard.length} answers`, named.join(', '))],
    facts: { hosts: await hostsOf(scene, away.map(({ host }) => host)) },
  };
};

/** From the clear into TLS of the same host is as it should be. */
function isUpgrade(from: string, location: string): boolean {
  const [one, other] = [new URL(from), new URL(location, from)];
  return one.protocol === 'http:' && other.protocol === 'https:' && one.hostname === other.hostname;
}

/** A request that grants nothing: no grant is named. */
async function askTokenEndpoint({ wire, issuer }: Scene): Promise<void> {
  const found = await issuer();
  const endpoint = found !== undefined && 'metadata' in found ? found.metadata['token_endpoint'] : undefined;
  if (typeof endpoint === 'string' && URL.canParse(endpoint)) {
    await wire.ask({ method: 'POST', url: endpoint, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: '' });
  }
}

/** Every other host that it points to: when one is new, somebody should know. */
async function hostsOf({ url, resource }: Scene, redirected: readonly string[]): Promise<readonly string[]> {
  const found = await resource();
  const named = 'metadata' in found ? issuersIn(found.metadata).map((one) => new URL(one).host) : [];
  const own = new URL(url).host;
  return [...new Set([...named, ...redirected])].filter((host) => host !== own).map(factText).toSorted().slice(0, 50);
}
