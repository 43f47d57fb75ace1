import { LIMITS } from '../../../domain/limits.ts';
import { isLoopbackHost } from '../../../domain/loopback.ts';
import type { Looked, Observation } from '../../../domain/observation.ts';
import { keyOfClient, keyOfHost, keyOfUrl } from '../../keys.ts';
import { withoutKeys } from '../../public-runs.ts';
import { isNamedForIt } from '../signs.ts';
import type { VendorOf } from '../signs.ts';
import { connectorsIn, productOf } from './connectors.ts';
import type { Connector } from './connectors.ts';
import { grantsIn, rowsIn } from './grants.ts';
import type { Grant, Provider } from './grants.ts';
import { PRODUCTS, productCalled, productOfRedirect } from './products.ts';
import type { Product } from './products.ts';
import { readExport } from './read.ts';

export interface ExportOptions {
  readonly vendorOf: VendorOf;
  /** A product or an identity provider, where the export doesn't tell whose it is. */
  readonly format?: string;
  readonly now: () => number;
}

/**
 * Reads one export of an administrator: grants of an identity provider, or connectors of an AI product. What those use in their
 * vendors' clouds passes no gate: it is told as ungovernable here, with the setting that closes it. Undefined for what is no export.
 */
export async function lookAtExport(path: string, options: ExportOptions): Promise<Looked | undefined> {
  const read = await readExport(path);
  if (read === undefined) return undefined;
  const { format } = options;
  const product = PRODUCTS.find(({ id }) => id === (format ?? productOf(read.documents)));
  // Whoever says whose it is, is taken at their word.
  const isGrants = format === undefined || Object.hasOwn(REVOKES, format);
  const grants = isGrants ? grantsIn(rowsIn(read.documents))?.filter(({ provider }) => format === undefined || provider === format) : undefined;
  if ((grants ?? []).length === 0 && product === undefined) return undefined;
  return (async function* seen(): Looked {
    if (grants !== undefined) yield* observationsOf(path, grants, options);
    else if (product !== undefined) {
      const { found, addressless, isCut } = connectorsIn(read.documents);
      yield* connected(path, found, product, options);
      if (isCut) yield { place: path, reason: `only the first ${LIMITS.exportNodesMax} values were looked through: export less at a time` };
      const reason = `${addressless} connectors name no address: they are ${product.title}'s own, and not to be told apart from here`;
      if (addressless > 0) yield { place: path, reason };
      // A log of what administrators did may name none; a list of connectors was named as one.
      if (format !== undefined && found.length + addressless === 0) yield { place: path, reason: `no connector of ${product.title} was recognised in it` };
    }
    const [first] = read.broken;
    if (first !== undefined) yield { place: `${path}:${first}`, reason: `${read.broken.length} rows are broken: line ${read.broken.slice(0, 10).join(', ')}` };
  })();
}

/** One server once, whoever added it and however often it is named. */
function connected(path: string, found: readonly Connector[], product: Product, { now }: ExportOptions): readonly Observation[] {
  const byKey = Map.groupBy(found, ({ url }) => keyOfUrl(withoutKeys(url), product.id) ?? '');
  return [...byKey].flatMap(([key, [first, ...more]]): readonly Observation[] => {
    if (key === '' || first === undefined) return [];
    const url = withoutKeys(first.url);
    const all = [first, ...more];
    const people = [...new Set(all.flatMap(({ person }) => person ?? []))];
    const [person] = people;
    return [{
      sensor: 'connector', kind: 'server', place: `${path}:${first.line}`, keys: [key], runs: { kind: 'remote', url }, client: product.id, confidence: 90,
      ...(first.name === undefined ? {} : { name: cut(first.name) }), ...(person === undefined || people.length > 1 ? {} : { person: cut(person) }),
      risks: ['ungovernable', ...(url.startsWith('http:') && !isLoopbackHost(new URL(url).hostname) ? ['cleartext'] as const : [])],
      facts: {
        product: product.title, closes: product.closes, ...(people.length > 1 ? { people: few(people) } : {}),
        ...(all.every(({ isOff }) => isOff === true) ? { off: true } : {}),
      },
      seenAt: now(),
    }];
  });
}

/** Where the provider takes back what was allowed. */
const REVOKES: Readonly<Record<Provider, string>> = {
  entra: 'Entra admin center, Enterprise applications: the app, Permissions: revoke, and Properties: no sign-in; Consent and permissions: who may consent',
  google: 'Google Admin console, Security, API controls, App access control: block the app',
  okta: 'Okta, Applications: deactivate the app; the person, Applications: revoke its grants',
};

function observationsOf(path: string, grants: readonly Grant[], options: ExportOptions): readonly Observation[] {
  const byApp = Map.groupBy(grants, ({ provider, appId, app }) => `${provider}!${appId === '' ? app : appId}`);
  return [...byApp.values()].flatMap((all) => observationOf(path, all, options)).slice(0, LIMITS.observationsMax);
}

function observationOf(path: string, all: readonly Grant[], { vendorOf, now }: ExportOptions): readonly Observation[] {
  const [first] = all;
  if (first === undefined) return [];
  const { provider, app, appId, line } = first;
  const redirects = all.flatMap((grant) => grant.redirects);
  const byRedirect = redirects.map(productOfRedirect).find((one) => one !== undefined);
  const product = byRedirect ?? productCalled(app);
  const people = [...new Set(all.flatMap(({ person }) => person ?? []))];
  const scopes = [...new Set(all.flatMap((grant) => grant.scopes))];
  const [person] = people;
  const shared = {
    sensor: 'grant' as const, place: `${path}:${line}`, seenAt: Math.min(all.reduce((latest, { seenAt }) => Math.max(latest, seenAt), 0) || now(), now()),
    ...(app === '' ? {} : { name: cut(app) }), ...(person === undefined || people.length > 1 ? {} : { person: cut(person) }),
  };
  const facts = {
    provider, app: cut(appId), closes: REVOKES[provider],
    ...(people.length > 1 ? { people: few(people) } : {}), ...(scopes.length === 0 ? {} : { scopes: few(scopes) }),
  };
  if (product !== undefined) {
    return [{
      ...shared, kind: 'client', keys: [keyOfClient(product.id, provider, '*')], client: product.id, confidence: byRedirect === undefined ? 60 : 90,
      risks: product.isLocal === true ? [] : ['ungovernable'], facts: { ...facts, product: product.title },
    }];
  }
  const host = redirects.flatMap((uri) => URL.canParse(uri) ? [new URL(uri).hostname] : []).find((one) => vendorOf(one) !== undefined || isNamedForIt(one));
  if (host !== undefined) return [{ ...shared, kind: 'server', keys: [keyOfHost(host)], confidence: vendorOf(host) === undefined ? 45 : 70, risks: [], facts }];
  // Whatever calls itself so: a hint, which makes nothing by itself.
  return /\bmcp\b/i.test(app) ? [{ ...shared, kind: 'client', keys: [keyOfClient(`app-${appId}`, provider, '*')], confidence: 40, risks: [], facts }] : [];
}

function few(texts: readonly string[]): string {
  return texts.length <= SHOWN ? texts.map(cut).join(', ') : `${texts.slice(0, SHOWN).map(cut).join(', ')} and ${texts.length - SHOWN} more`;
}

const SHOWN = 5;

/** Names are strangers' words: short, and shown inert by whoever shows them. */
function cut(text: string): string {
  return text.slice(0, 120);
}
