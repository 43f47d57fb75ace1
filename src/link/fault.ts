import { ERROR_CODES, SallyportError } from '../domain/errors.ts';
import { isObject } from '../domain/json.ts';
import { parseBody } from './frame.ts';

/** An error as it crosses the link: code, message and remedy. What is internal, and whatever else was thrown, stays behind. */
export function writeFault(error: unknown): string {
  const fault = error instanceof SallyportError ? error : new SallyportError('ERR_INTERNAL', 'the role failed to answer');
  return JSON.stringify({ code: fault.code, message: fault.message, remedy: fault.remedy });
}

/** An unknown code (another version's) becomes `ERR_INTERNAL`: a fault is never mistaken for success. */
export function readFault(text: string): SallyportError {
  const body = parseBody(text);
  const code = isObject(body) ? ERROR_CODES.find((known) => known === body['code']) : undefined;
  if (!isObject(body) || code === undefined || typeof body['message'] !== 'string') return new SallyportError('ERR_INTERNAL', 'the peer failed to answer');
  return new SallyportError(code, body['message'], typeof body['remedy'] === 'string' ? { remedy: body['remedy'] } : {});
}
