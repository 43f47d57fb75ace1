import type { Server, Toolset } from '../../domain/server.ts';
import type { PolicySource } from '../../policy/compile.ts';
import { defaultPolicies } from '../../policy/defaults/table.ts';
import { compileClassification } from '../../policy/classification.ts';
import { compileContainments } from '../../policy/containments.ts';
import { compileExceptions } from '../../policy/exceptions.ts';
import { writeLearning } from '../../policy/learn.ts';
import { compileVendor } from '../../policy/vendors.ts';
import { compileRoles } from '../../policy/roles.ts';
import type { Rules } from '../snapshot/configuration.ts';
import { splitPolicies } from '../../policy/split.ts';
import { confineToSpace, isOrganisations } from './confine.ts';

const FILE = 'sallyport.yaml';

interface Registry {
  readonly servers: readonly Server[];
  readonly toolsets: readonly Toolset[];
}

/** All that policy is compiled from: policies as written, and what roles, exceptions and learning periods mean in Cedar. */
export function policySources(rules: Rules, registry: Registry): readonly PolicySource[] {
  const spaces = spacesOf(rules, registry);
  // What claims too much is refused whether or not there is another space yet.
  for (const { space, body } of rules.policies) for (const chunk of splitPolicies(body.file, body.source)) isOrganisations(chunk, space);
  const own = spaces.flatMap((space) => {
    const sources = sourcesOf(space, rules, registry);
    // Where there is one space only, nothing else could be reached, and the texts stay as people wrote them.
    return spaces.length === 1 ? sources : sources.map((source) => ({ ...source, text: confineToSpace(source.file, source.text, space) }));
  });
  return [...defaultPolicies(rules.defaults), ...own];
}

function spacesOf({ roles, bindings, policies, exceptions, containments, classification, vendors }: Rules, { servers }: Registry): readonly string[] {
  const placed = [...roles, ...bindings, ...policies, ...exceptions, ...containments, ...classification, ...vendors, ...servers];
  return [...new Set(placed.map(({ space }) => space))].sort();
}

function sourcesOf(space: string, rules: Rules, registry: Registry): readonly PolicySource[] {
  const mine = <T extends { readonly space: string }>(items: readonly T[]): readonly T[] => items.filter((item) => item.space === space);
  const roles = Object.fromEntries(mine(rules.roles).map(({ id, body }) => [id, body]));
  const servers = new Map(mine(registry.servers).map((server) => [server.id, server]));
  return [
    ...mine(rules.policies).map(({ body }) => ({ file: body.file, text: body.source })),
    ...compileRoles(roles, mine(rules.bindings).map(({ body }) => body), mine(registry.toolsets), FILE),
    ...mine(rules.vendors).flatMap(({ id, body: { data, limit } }) => compileVendor({ id, data, limit }, FILE)),
    ...mine(rules.classification).flatMap(({ rules: classified }) => compileClassification(classified, FILE)),
    ...compileContainments(mine(rules.containments).map(({ containment }) => containment), FILE),
    ...mine(rules.exceptions).flatMap(({ id, body }) => {
      const { scope, createdAt, expiresAt, ...rest } = body;
      const server = scope.kind === 'learn' ? servers.get(scope.server) : undefined;
      if (scope.kind === 'learn') return server === undefined ? [] : [
        writeLearning({ server, to: scope.to, owner: rest.owner, until: expiresAt, now: createdAt }),
      ];
      if (scope.kind === 'calls') return compileExceptions([{ id, scope, ...rest, expiresAt }], FILE, createdAt);
      return [];
    }),
  ];
}
