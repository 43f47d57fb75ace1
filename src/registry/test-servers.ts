import type { JsonObject } from '../domain/json.ts';
import type { Labels, Server, Surface, Toolset } from '../domain/server.ts';
import { approveSurface, readSurface } from './surface.ts';
import type { SurfaceContext } from './surface.ts';

/** Servers and surfaces for this room's tests, made by the room's own code. */
export const LABELS: Labels = { confidentiality: 'internal', categories: [], integrity: 'trusted' };

export function tool(name: string, more: JsonObject = {}): JsonObject {
  return { name, description: `Does ${name}.`, inputSchema: { type: 'object', properties: { id: { type: 'string' } } }, ...more };
}

export function surfaceOf(parts: {
  readonly tools?: readonly JsonObject[];
  readonly prompts?: readonly JsonObject[];
  readonly templates?: readonly JsonObject[];
  readonly instructions?: string;
  readonly declared?: SurfaceContext['tools'];
}): Surface {
  const raw = {
    revision: '2025-11-25' as const,
    eras: ['legacy'] as const,
    hello: {
      serverInfo: { name: 'x', version: '1' },
      capabilities: { tools: {} },
      ...(parts.instructions && { instructions: parts.instructions }),
    },
    tools: [{ tools: parts.tools ?? [] }],
    prompts: [{ prompts: parts.prompts ?? [] }],
    templates: [{ resourceTemplates: parts.templates ?? [] }],
  };
  return readSurface(raw, { labels: LABELS, tools: parts.declared ?? {} });
}

export function serverOf(id: string, surface: Surface | undefined, status: Server['status'] = 'approved', space = 'default'): Server {
  return {
    id,
    space,
    endpoint: { transport: 'http', url: `https://${id}.example/mcp`, allowPrivate: false },
    owner: 'owner@example.com',
    hosting: 'self',
    tier: 'internal',
    labels: LABELS,
    credentials: { type: 'none' },
    status,
    ...(surface && { baseline: approveSurface(surface, 'alice', 1) }),
  };
}

export function toolsetOf(id: string, members: Toolset['members'], space = 'default'): Toolset {
  return { id, space, members };
}
