import { STANDARD_CLASS } from '../domain/retention.ts';
import { EFFECTS } from '../domain/server.ts';
import type { ManifestShape } from './manifest-shape.ts';
import type { Complaint } from './manifest-text.ts';

/** Everything that is named must be declared in the same file: a manifest is the whole of what is wanted. */
export function referenceComplaints(shape: ManifestShape): readonly Complaint[] {
  const toolsets = Object.entries(shape.toolsets ?? {}).flatMap(([id, members]) =>
    members.flatMap((member, index) => serverComplaints(shape, member.server, ['toolsets', id, index])),
  );
  const bindings = (shape.bindings ?? []).flatMap((binding, index) =>
    Object.hasOwn(shape.roles ?? {}, binding.role)
      ? []
      : [{ path: ['bindings', index, 'role'], message: `names a role that is not declared: ${JSON.stringify(binding.role)}` }],
  );
  return [
    ...toolsets,
    ...Object.entries(shape.roles ?? {}).flatMap(([id, role]) => ruleComplaints(shape, role.allow, ['roles', id, 'allow'])),
    ...(shape.exceptions ?? []).flatMap((exception, index) => 
      'package' in exception.scope ? [] : serverComplaints(shape, exception.scope.server, ['exceptions', index, 'scope'])),
    ...bindings,
    ...identityComplaints(shape),
    ...agentComplaints(shape),
    ...Object.keys(shape.detect?.servers ?? {}).flatMap((id) => serverComplaints(shape, id, ['detect', 'servers', id])),
    ...Object.entries(shape.servers ?? {}).flatMap(([id, { vendor }]) => vendorComplaints(shape, id, vendor)),
    ...Object.entries(shape.servers ?? {}).flatMap(([id, { retention = STANDARD_CLASS }]) => retentionComplaints(shape, id, retention)),
  ];
}

/** Classes are the installation's: a manifest that speaks of none may be another space's, and control looks them up. */
function retentionComplaints({ audit }: ManifestShape, id: string, name: string): readonly Complaint[] {
  if (audit === undefined || name === STANDARD_CLASS || Object.hasOwn(audit.retention ?? {}, name)) return [];
  return [{ path: ['servers', id, 'retention'], message: `names a retention class that is not declared: ${JSON.stringify(name)}` }];
}

/** A manifest that speaks of no vendor leaves them as they are; whose a server is is looked up when it is used. */
function vendorComplaints({ vendors }: ManifestShape, id: string, vendor: string | undefined): readonly Complaint[] {
  if (vendors === undefined || vendor === undefined || Object.hasOwn(vendors, vendor)) return [];
  return [{ path: ['servers', id, 'vendor'], message: `names a vendor that is not declared: ${JSON.stringify(vendor)}` }];
}

interface Rule {
  readonly server?: string;
  readonly toolset?: string;
}

function ruleComplaints(shape: ManifestShape, rules: readonly Rule[], path: Complaint['path']): readonly Complaint[] {
  return rules.flatMap(({ server, toolset }, index) => {
    if (toolset === undefined) return serverComplaints(shape, server ?? '', [...path, index]);
    if (Object.hasOwn(shape.toolsets ?? {}, toolset)) return [];
    return [{ path: [...path, index, 'toolset'], message: `names a toolset that is not declared: ${JSON.stringify(toolset)}` }];
  });
}

function serverComplaints(shape: ManifestShape, id: string, path: Complaint['path']): readonly Complaint[] {
  if (Object.hasOwn(shape.servers ?? {}, id)) return [];
  return [{ path: [...path, 'server'], message: `names a server that is not declared: ${JSON.stringify(id)}` }];
}

/** Two entries for one issuer would leave open which holds; a scope with a built-in name would be read in two ways. */
function identityComplaints(shape: ManifestShape): readonly Complaint[] {
  const { issuers = [], scopes = {} } = shape.identity ?? {};
  const builtIn = new Set(Object.keys(shape.servers ?? {}).flatMap((id) => [id, ...EFFECTS.map((effect) => `${id}.${effect}`)]));
  return [
    ...repeated(issuers.map(({ issuer }) => issuer)).map((index) => ({
      path: ['identity', 'issuers', index, 'issuer'], message: 'is declared twice',
    })),
    ...Object.entries(scopes).flatMap(([scope, allow]) => [
      ...ruleComplaints(shape, allow, ['identity', 'scopes', scope]),
      ...(builtIn.has(scope) ? [{ path: ['identity', 'scopes', scope], message: 'is a scope that every server has already' }] : []),
    ]),
  ];
}

/** A client that is two agents would have whichever ceiling is found first. */
function agentComplaints(shape: ManifestShape): readonly Complaint[] {
  const clients = Object.entries(shape.agents ?? {}).flatMap(([id, agent]) =>
    (agent.clients ?? []).map((client, index) => ({ client, path: ['agents', id, 'clients', index] })),
  );
  return [
    ...Object.entries(shape.agents ?? {}).flatMap(([id, { allow }]) => (allow === '*' ? [] : ruleComplaints(shape, allow, ['agents', id, 'allow']))),
    ...repeated(clients.map(({ client }) => client)).map((index) => ({ path: clients[index]?.path ?? [], message: 'is a client of another agent already' })),
  ];
}

/** Where something stands that stood before. */
function repeated(items: readonly string[]): readonly number[] {
  return items.flatMap((item, index) => (items.indexOf(item) < index ? [index] : []));
}
