import type { SallyportError } from '../domain/errors.ts';
import { isArray, isObject, type JsonObject } from '../domain/json.ts';
import type { Message } from '../domain/message.ts';
import { refusalOfFault } from './refusal.ts';
import { promptWith } from './url-prompt.ts';

/** Where a modern client's answer stands in its retry. */
const KEY = 'io.sallyport/connect';

/**
 * What a client is told when a person must connect an account before its call can go on. Undefined for every other fault. The
 * call itself was permitted, recorded, and never sent.
 */
export function connectPrompt(fault: SallyportError, said: Message | undefined, id: string): Message | undefined {
  const elicitation = fault.code === 'ERR_UPSTREAM_CONNECT' ? elicitationOf(fault.data) : undefined;
  if (elicitation === undefined || said === undefined) return undefined;
  const plain = refusalOfFault(fault, said, id);
  return said.kind === 'request' ? promptWith(plain, said, { key: KEY, ...elicitation }) : plain;
}

interface Elicitation {
  readonly url: string;
  readonly message: string;
}

function elicitationOf(data: JsonObject | undefined): Elicitation | undefined {
  const all = data?.['elicitations'];
  const first = isArray(all) ? all[0] : undefined;
  const { url, message } = isObject(first) ? first : {};
  return typeof url === 'string' && typeof message === 'string' ? { url, message } : undefined;
}
