import type { Obligation } from '../../domain/decision.ts';
import type { Exchange } from '../../domain/exchange.ts';
import { readBudget } from '../../policy/obligations.ts';
import { countedAs, type Count } from './count.ts';

/** `budget:20/day`: so many calls of one effect in one flow context, whichever servers and tools they go to. */
export function countBudget({ value, policy }: Obligation, exchange: Exchange): Count | undefined {
  const rate = readBudget(value);
  return rate && { key: countedAs(exchange.space, ['budget', policy, exchange.flow, exchange.call.resource.effect ?? '']), rate };
}
