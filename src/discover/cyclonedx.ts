import { randomUUID } from 'node:crypto';
import type { Json, JsonObject } from '../domain/json.ts';
import type { Runs } from '../domain/runs.ts';
import type { JudgedAsset } from './correlate/judge.ts';

type Package = Runs & { readonly kind: 'package' };

/**
 * Servers and clients as a CycloneDX 1.6 document (ECMA-424, JSON form): what runs from a package or a program is a component, what
 * is reached by an address a service. People and machines are no parts of software and stay out. `now`: epoch ms.
 */
export function toCycloneDx(assets: readonly JudgedAsset[], now: number): JsonObject {
  const parts = assets.filter(({ kind }) => kind === 'server' || kind === 'client');
  return {
    bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber: `urn:uuid:${randomUUID()}`, version: 1,
    metadata: {
      timestamp: new Date(now).toISOString(), tools: { components: [{ type: 'application', name: 'sallyport' }] },
      properties: [{ name: 'sallyport:inventory', value: 'MCP servers and clients' }],
    },
    components: parts.filter((asset) => !isService(asset)).map(toComponent),
    services: parts.filter(isService).map(toService),
  };
}

function isService({ kind, runs, keys }: JudgedAsset): boolean {
  return kind === 'server' && (runs?.kind === 'remote' || (runs === undefined && keys.some((key) => key.startsWith('url:') || key.startsWith('host:'))));
}

function toComponent(asset: JudgedAsset): JsonObject {
  const { runs } = asset;
  const isImage = runs?.kind === 'package' && runs.ecosystem === 'oci';
  return {
    type: isImage ? 'container' : 'application', 'bom-ref': asset.id, name: runs?.kind === 'package' ? runs.name : asset.name,
    ...(runs?.kind === 'package' ? { purl: purlOf(runs), ...(runs.version === undefined ? {} : { version: runs.version }) } : {}),
    properties: propertiesOf(asset),
  };
}

function toService(asset: JudgedAsset): JsonObject {
  const endpoints = asset.keys.filter((key) => key.startsWith('url:')).map((key) => key.slice('url:'.length).replace(/^[^/!]*!/, ''));
  return {
    'bom-ref': asset.id, name: asset.name, ...(endpoints.length === 0 ? {} : { endpoints }),
    // Only what was seen to answer without a token is known of; silence is no proof that it asks for one.
    ...(asset.risks.includes('no-auth') ? { authenticated: false } : {}),
    properties: propertiesOf(asset),
  };
}

function propertiesOf({ kind, status, servers, confidence, risks, hosts, clients, sensors, firstSeenAt, lastSeenAt }: JudgedAsset): Json {
  const said: readonly (readonly [string, string])[] = [
    ['kind', kind], ['status', status ?? ''], ['confidence', String(confidence)], ['firstSeen', new Date(firstSeenAt).toISOString()],
    ['lastSeen', new Date(lastSeenAt).toISOString()],
    ...servers.map((one) => ['server', one] as const), ...risks.map((one) => ['risk', one] as const), ...hosts.map((one) => ['host', one] as const),
    ...clients.map((one) => ['client', one] as const), ...sensors.map((one) => ['sensor', one] as const),
  ];
  return said.filter(([, value]) => value !== '').map(([name, value]) => ({ name: `sallyport:${name}`, value }));
}

const PURL_TYPES: Readonly<Record<Package['ecosystem'], string>> = {
  npm: 'npm', pypi: 'pypi', oci: 'docker', go: 'golang', cargo: 'cargo', nuget: 'nuget', mcpb: 'generic',
};

/** Package URL, ECMA-427: each segment percent-encoded by itself. */
function purlOf({ ecosystem, name, version }: Package): string {
  const path = name.split('/').map(encodeURIComponent).join('/');
  return `pkg:${PURL_TYPES[ecosystem]}/${path}${version === undefined ? '' : `@${encodeURIComponent(version)}`}`;
}
