import { ordersIn, type Order } from './orders.ts';

/** What an agent wants to do after it read something. */
export interface Mind {
  /** `after`: what it had done to read that, `call rt-mail/send` for one. */
  decide(read: string, after: string): Promise<readonly Order[]>;
}

/** Believes whatever it reads: every order in it is an order. */
export const GULLIBLE: Mind = { decide: async (read) => ordersIn(read) };

/** A mind for each agent of a scenario; it knows by which names servers are called. */
export type MakeMind = (servers: readonly string[], signal: AbortSignal) => Mind;
