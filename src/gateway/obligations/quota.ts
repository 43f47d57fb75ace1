import type { Exchange } from '../../domain/exchange.ts';
import { countedAs, type Count } from './count.ts';

/** The standing quota (`limits.quota`): tool calls of each caller × agent × server × tool, whatever policy says of them. */
export function countQuota({ space, principal, call, snapshot }: Exchange): Count | undefined {
  const { quota } = snapshot.limits;
  if (quota === undefined || call.action !== 'call_tool') return undefined;
  return { key: countedAs(space, ['quota', principal.id, principal.agent, call.resource.server, call.resource.name]), rate: quota };
}
