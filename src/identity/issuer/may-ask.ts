import type { IssuerParts, ResourceView } from './parts.ts';

/** Whether a client may have tokens for a resource: a registered agent for a route, and for what is reserved the one client that it is reserved for. */
export async function mayAsk(parts: Pick<IssuerParts, 'findAgent'>, clientId: string, { reserved, space }: ResourceView): Promise<boolean> {
  return reserved === undefined ? (await parts.findAgent(clientId, space)) !== undefined : clientId === reserved.client;
}
