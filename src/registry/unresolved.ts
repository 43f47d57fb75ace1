import { SallyportError } from '../domain/errors.ts';

export function invalidParams(message: string): SallyportError {
  return new SallyportError('ERR_PARAMS_INVALID', message);
}

/** The same words for what is unknown, unpinned or outside the toolset: none of them exists for the caller. */
export function unknownItem(kind: string): SallyportError {
  return new SallyportError('ERR_TOOL_UNKNOWN', `no such ${kind} here`, {
    remedy: 'list what there is; an administrator approves new items with: sallyport server approve',
  });
}
