import type { AccessRequest, PolicyEngine, Possibility } from '../domain/decision.ts';
import type { Principal } from '../domain/principal.ts';
import { UNDERIVED } from '../domain/provenance.ts';
import { UNLABELLED } from '../domain/server.ts';
import type { Server, Toolset, ToolsetMember } from '../domain/server.ts';

export interface MatrixRow {
  readonly server: string;
  readonly tool: string;
  readonly effect: string;
  /** One a principal, in the order given. `unknown`: it depends on arguments or the moment. */
  readonly cells: readonly Possibility[];
}

/** Who can call what: each tool of each approved server against each principal. */
export function buildMatrix(
  engine: PolicyEngine,
  servers: readonly Server[],
  toolsets: readonly Toolset[],
  principals: readonly Principal[],
  zone: AccessRequest['context']['zone'],
  now: number,
): readonly MatrixRow[] {
  return servers.flatMap((server) =>
    (server.baseline?.surface.tools ?? []).map((tool) => {
      const shows = ({ server: id, tools }: ToolsetMember): boolean => id === server.id && (tools === '*' || tools.includes(tool.name));
      const inToolsets = toolsets.filter(({ members }) => members.some(shows));
      const resource = {
        kind: 'tool',
        server: server.id,
        name: tool.name,
        effect: tool.effect,
        labels: tool.labels,
        toolsets: inToolsets.map(({ id }) => id),
      } as const;
      const cells = principals.map((principal) => engine.possible({
        principal,
        action: 'call_tool',
        resource,
        context: { arguments: undefined, zone, now, drift: 'none', flow: UNLABELLED, findings: [], provenance: UNDERIVED },
      }));
      return { server: server.id, tool: tool.name, effect: tool.effect, cells };
    }),
  );
}
