import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import { isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { REVISIONS } from '../../domain/message.ts';
import type { Link } from '../../link/connect.ts';
import { parseJson } from '../../mcp/json.ts';
import type { RawSurface } from '../../registry/surface.ts';

/** Which server is to be read, and from which snapshot on: the gateway reads only once it judges by one that has the server. */
export interface ReadQuestion {
  readonly space: string;
  readonly server: string;
  readonly minSnapshotVersion: number;
}

/** What a server said, and what it did when it was asked in ways in which it should refuse (null: not found out, or a local one). */
export interface ReadAnswer {
  readonly surface: RawSurface;
  readonly exposure: { readonly answersUnauthenticated: boolean | null; readonly acceptsForeignOrigin: boolean | null } | null;
}

/**
 * Reads everything a server says, through the gate as the registry's workload (invariant 1). Throws `ERR_LINK_*` when no
 * gateway answers, and what the gate refused or failed with.
 */
export type ReadServer = (question: ReadQuestion) => Promise<ReadAnswer>;

/** One answer of a server, as text: read like a server's own words, so that its numbers keep their digits. */
const SAID = z.string().transform((text, context): JsonObject => {
  const said = parseSaid(text);
  if (isObject(said)) return said;
  context.addIssue('not an object in JSON');
  return z.NEVER;
});
const PAGES = z.array(SAID).max(LIMITS.surfacePagesMax);
/** Everything a server said, as gateways send it. */
export const RAW_SURFACE = z.strictObject({
  revision: z.enum(REVISIONS), eras: z.array(z.enum(['legacy', 'modern'])).min(1), hello: SAID, tools: PAGES, prompts: PAGES, templates: PAGES,
  pages: z.array(z.strictObject({ uri: z.string().max(LIMITS.uriLengthMax), result: SAID })).max(LIMITS.appPagesMax).exactOptional(),
});
const ANSWER = z.strictObject({
  surface: RAW_SURFACE,
  exposure: z.strictObject({ answersUnauthenticated: z.boolean().nullable(), acceptsForeignOrigin: z.boolean().nullable() }).nullable(),
});

function parseSaid(text: string): Json | undefined {
  try {
    return parseJson(text, 'server', LIMITS.responseBytesMax);
  } catch {
    return undefined;
  }
}

/** Reading over the link to the gateway. Reading slow servers takes longer than other questions between roles. */
export function createServerReader(link: Pick<Link, 'call'>): ReadServer {
  return async ({ space, server, minSnapshotVersion }) => {
    const answer = await link.call('gateway.read', { space, server, minSnapshotVersion }, { timeoutMs: LIMITS.requestTimeoutMs });
    const read = ANSWER.safeParse(answer, { reportInput: false });
    if (read.success) return read.data;
    throw new SallyportError('ERR_SURFACE_INVALID', 'the gateway answered with something else than a surface', {
      remedy: 'Run control and gateway in one version.', internal: read.error.issues.map((issue) => issue.path.join('.')).join(', '),
    });
  };
}
