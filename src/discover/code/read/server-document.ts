import { isArray, isObject } from '../../../domain/json.ts';
import type { Json, JsonObject } from '../../../domain/json.ts';
import type { Runs } from '../../../domain/runs.ts';
import { isPlaceholder } from '../clue.ts';
import type { Clue } from '../clue.ts';

const ECOSYSTEMS: Readonly<Record<string, (Runs & { readonly kind: 'package' })['ecosystem']>> = {
  npm: 'npm', pypi: 'pypi', oci: 'oci', nuget: 'nuget', cargo: 'cargo', mcpb: 'mcpb',
};

const SERVER_NAME = /^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/;

/** `server.json` of the registry (schema 2025-12-11 and the earlier spellings): one server with all its packages and addresses. */
export function readServerJson(text: string): readonly Clue[] {
  const document = objectIn(text);
  const name = document?.['name'];
  if (document === undefined || typeof name !== 'string' || !SERVER_NAME.test(name) || typeof document['description'] !== 'string') return [];
  const said = listOf(document['packages']).flatMap(packageOf);
  const urls = listOf(document['remotes']).flatMap(({ url }) => (typeof url === 'string' && !isPlaceholder(url) ? [bare(url)] : []));
  const remotes = urls.map((url) => ({ kind: 'remote' as const, url }));
  const [runs, ...also] = [...said, ...remotes];
  const version = document['version'];
  return [{
    line: 1, sensor: 'manifest', kind: 'server', name, confidence: 95, risks: [], facts: { by: 'server.json', ...(typeof version === 'string' && { version }) },
    ...(runs !== undefined && { runs, also }),
  }];
}

function packageOf(entry: JsonObject): readonly Runs[] {
  const [type, identifier, version] = [entry['registryType'] ?? entry['registry_type'], entry['identifier'], entry['version']];
  const ecosystem = typeof type === 'string' && Object.hasOwn(ECOSYSTEMS, type) ? ECOSYSTEMS[type] : undefined;
  if (ecosystem === undefined || typeof identifier !== 'string' || identifier === '') return [];
  const name = ecosystem === 'oci' ? identifier.replace(/:[^/:]+$/, '') : identifier;
  return [{ kind: 'package', ecosystem, name, ...(typeof version === 'string' && { version }) }];
}

/** `manifest.json` of a bundle that is made here; other manifests of that name have no `server`. */
export function readBundleManifest(text: string): readonly Clue[] {
  const document = objectIn(text);
  const [name, version, server] = [document?.['name'], document?.['version'], document?.['server']];
  const isBundle = document?.['manifest_version'] !== undefined || document?.['dxt_version'] !== undefined;
  if (!isBundle || typeof name !== 'string' || name === '' || !isObject(server)) return [];
  if (typeof server['type'] !== 'string' || !isObject(server['mcp_config'])) return [];
  return [{
    line: 1, sensor: 'manifest', kind: 'server', name, confidence: 95, risks: [], facts: { by: 'the manifest of a bundle' },
    runs: { kind: 'package', ecosystem: 'mcpb', name, ...(typeof version === 'string' && { version }) },
  }];
}

function objectIn(text: string): JsonObject | undefined {
  const value: Json = JSON.parse(text);
  return isObject(value) ? value : undefined;
}

function listOf(value: Json | undefined): readonly JsonObject[] {
  return isArray(value) ? value.filter(isObject) : [];
}

function bare(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
