import type { Surface } from '../../domain/server.ts';
import { digestOfSurface } from '../../registry/canonical.ts';
import { findDispatchers } from '../../registry/dispatchers.ts';
import type { DispatcherFinding } from '../../registry/dispatchers.ts';
import type { RawSurface } from '../../registry/surface.ts';
import { readSurface, unknownDeclarations } from '../../registry/surface.ts';
import type { Candidate } from '../stored.ts';
import type { ServerFinding, StoredServer } from './schema.ts';

/** What was read, made into what a person can approve: pins with digests and effects, and everything worth knowing first. */
export function toCandidate(raw: RawSurface, server: StoredServer, scannedAt: number, findShadows: (surface: Surface) => readonly ServerFinding[]): Candidate {
  const surface = readSurface(raw, server);
  const unknown = unknownDeclarations(surface, server.tools).map((name): ServerFinding => ({
    rule: 'declared-tool-unknown', severity: 'warn', item: name,
    message: 'the declaration names a tool that the server does not have; the real one stays on its guess',
  }));
  return { scannedAt, digest: digestOfSurface(surface), surface, findings: [...unknown, ...findDispatchers(surface).map(toFinding), ...findShadows(surface)] };
}

function toFinding({ rule, tool, message }: DispatcherFinding): ServerFinding {
  return { rule, severity: 'warn', item: tool, message };
}

/** The surface with what the administrator says of single tools: their effects are confirmed, others stay on the guess. */
export function declareTools(surface: Surface, declared: StoredServer['tools']): Surface {
  return {
    ...surface,
    tools: surface.tools.map((tool) => {
      const said = Object.hasOwn(declared, tool.name) ? declared[tool.name] : undefined;
      if (said === undefined) return tool;
      const { dispatches: _before, dryRun: _dry, flow: _flow, ...rest } = tool;
      const { effect, labels, dispatches, dryRun, flow } = said;
      return {
        ...rest, effect, confirmed: true, labels: labels ?? tool.labels,
        ...(dispatches === undefined ? {} : { dispatches }), ...(dryRun === undefined ? {} : { dryRun }), ...(flow === undefined ? {} : { flow }),
      };
    }),
  };
}
