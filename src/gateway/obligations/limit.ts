import type { Exchange } from '../../domain/exchange.ts';
import type { Obligation } from '../../domain/decision.ts';
import { readLimit, type Part } from '../../policy/obligations.ts';
import { countedAs, type Count } from './count.ts';

/** `limit:30/min`: so many calls, counted for each caller × agent × server × tool, or for each of the parts that are named. */
export function countLimit({ value, policy }: Obligation, exchange: Exchange): Count | undefined {
  const rate = readLimit(value);
  return rate && { key: countedAs(exchange.space, ['limit', policy, ...rate.by.map((part) => PART[part](exchange))]), rate };
}

const PART: Readonly<Record<Part, (exchange: Exchange) => string>> = {
  caller: ({ principal }) => principal.id,
  agent: ({ principal }) => principal.agent,
  server: ({ server }) => server.id,
  vendor: ({ server }) => server.vendor?.id ?? server.id,
  tool: ({ call }) => `${call.resource.server}/${call.resource.kind}/${call.resource.name}`,
};
