import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { REVISIONS } from '../../domain/message.ts';
import type { Link } from '../../link/connect.ts';
import type { RawSurface } from '../../registry/surface.ts';

/** Which server is to be read, and from which snapshot on: the gateway reads only once it judges by one that has the server. */
export interface ReadQuestion {
  readonly space: string;
  readonly server: string;
  readonly minSnapshotVersion: number;
}

/**
 * Reads everything a server says, through the gate as the registry's workload (invariant 1). Throws `ERR_LINK_*` when no
 * gateway answers, and what the gate refused or failed with.
 */
export type ReadServer = (question: ReadQuestion) => Promise<RawSurface>;

const OBJECT = z.record(z.string(), z.json());
const PAGES = z.array(OBJECT).max(LIMITS.surfacePagesMax);
/** Everything a server said, as gateways send it. */
export const RAW_SURFACE = z.strictObject({
  revision: z.enum(REVISIONS), eras: z.array(z.enum(['legacy', 'modern'])).min(1), hello: OBJECT, tools: PAGES, prompts: PAGES, templates: PAGES,
});

/** Reading over the link to the gateway. Reading slow servers takes longer than other questions between roles. */
export function createServerReader(link: Pick<Link, 'call'>): ReadServer {
  return async ({ space, server, minSnapshotVersion }) => {
    const answer = await link.call('gateway.read', { space, server, minSnapshotVersion }, { timeoutMs: LIMITS.requestTimeoutMs });
    const read = RAW_SURFACE.safeParse(answer, { reportInput: false });
    if (read.success) return read.data;
    throw new SallyportError('ERR_SURFACE_INVALID', 'the gateway answered with something else than a surface', {
      remedy: 'Run control and gateway in one version.', internal: read.error.issues.map((issue) => issue.path.join('.')).join(', '),
    });
  };
}
