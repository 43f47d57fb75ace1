import { SallyportError } from '../domain/errors.ts';
import type { Message } from '../domain/message.ts';
import { findMethod, type MethodInfo } from '../mcp/methods.ts';

/** A client's answer to a legacy server's request has no method of its own; policy knows it as `respond`. */
const RESPONSE = { method: 'response', action: 'respond', target: 'server' } as const;

export type KnownMethod = MethodInfo | typeof RESPONSE;

/** Membership is the allow-list (invariant 3): a method that its revision does not have is refused. */
export function knownMethod(message: Message): KnownMethod {
  if (message.kind === 'result' || message.kind === 'error') return RESPONSE;
  const method = findMethod(message);
  if (method === undefined) throw new SallyportError('ERR_METHOD_UNKNOWN', 'Method not found');
  return method;
}
