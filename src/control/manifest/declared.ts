import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Server, Surface, Tool } from '../../domain/server.ts';
import { parseManifest } from '../../registry/manifest.ts';
import type { ServerDeclaration } from '../../registry/manifest.ts';
import type { Configuration } from '../snapshot/configuration.ts';
import type { Stored } from '../stored.ts';
import { bindingId } from './wanted.ts';
import type { ManifestFiles } from './files.ts';

/**
 * What a manifest says, without any store, for checks and tests of policies at a desk or in CI. Nothing was scanned, so a
 * server has the tools that the manifest declares, and nothing is known of their arguments.
 */
export function declaredConfiguration(files: ManifestFiles, now: number): Pick<Configuration, 'rules' | 'servers' | 'toolsets'> {
  const manifest = parseManifest(files.text, files.file);
  return {
    servers: manifest.servers.map((server) => toServer(server, now)),
    toolsets: manifest.toolsets.map((toolset) => ({ ...toolset, space: DEFAULT_SPACE })),
    rules: {
      roles: Object.entries(manifest.roles).map(([id, role]) => stored(id, role)),
      bindings: manifest.bindings.map((binding) => stored(bindingId(binding), toBinding(binding))),
      policies: files.policies.map(({ file, text }) => stored(file, { file, source: text })),
      exceptions: [],
      vendors: Object.entries(manifest.vendors ?? {}).map(([id, vendor]) => stored(id, vendor)),
      containments: [],
      classification: Object.keys(manifest.classification ?? {}).length === 0 ? [] : [{ space: DEFAULT_SPACE, rules: manifest.classification ?? {} }],
      defaults: manifest.defaults ?? {},
    },
  };
}

function stored<T>(id: string, body: T): Stored<T> {
  return { id, space: DEFAULT_SPACE, body };
}

type Binding = Configuration['rules']['bindings'][number]['body'];

function toBinding(
  { role, to }: { readonly role: string; readonly to: { readonly group?: string; readonly agent?: string; readonly principal?: string } },
): Binding {
  if (to.group !== undefined) return { role, to: { group: to.group } };
  return { role, to: to.agent === undefined ? { principal: to.principal ?? '' } : { agent: to.agent } };
}

function toServer(declaration: ServerDeclaration, now: number): Server {
  const { tools, allow: _, vendor, ...server } = declaration;
  const declared = Object.entries(tools).map(([name, { effect, labels, flow }]): Tool => ({
    kind: 'tool', name, digest: '', definition: { name, inputSchema: { type: 'object' } }, effect, confirmed: true, labels: labels ?? declaration.labels,
    ...(flow === undefined ? {} : { flow }),
  }));
  const surface: Surface = { revision: '2025-11-25', eras: ['legacy'], serverInfo: {}, capabilities: {}, tools: declared, prompts: [], templates: [] };
  return {
    ...server, space: DEFAULT_SPACE, status: 'approved', baseline: { digest: '', approvedBy: '', approvedAt: now, surface },
    // What a vendor disclosed is in no manifest.
    ...(vendor === undefined ? {} : { vendor: { id: vendor, score: 0 } }),
  };
}
