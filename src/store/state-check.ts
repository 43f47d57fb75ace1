import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';

/** What every implementation of shared state keeps unchanged; anything else is the caller's mistake (`ERR_REQUEST_INVALID`). */
export function checkState(key: string, value: string, ttlMs: number): void {
  const text = [key, value].every((part) => part.isWellFormed() && !part.includes('\0'));
  const fits = key.length > 0 && key.length <= LIMITS.stateKeyLengthMax && Buffer.byteLength(value) <= LIMITS.stateValueBytesMax;
  if (!text || !fits || !Number.isSafeInteger(ttlMs) || ttlMs < 1) {
    throw new SallyportError('ERR_REQUEST_INVALID', 'shared state needs a plain key, a value within limits and a ttl in whole ms');
  }
}

export function checkAddend(by: number): void {
  if (!Number.isSafeInteger(by)) throw new SallyportError('ERR_REQUEST_INVALID', 'a counter takes whole numbers');
}
