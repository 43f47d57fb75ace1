import { SallyportError } from '../../domain/errors.ts';

const REMEDY =
  'Nothing was repaired. Keep the ledger’s folder as evidence; restore the named file from a copy and start again. ' +
  'Where a loss is known and accepted, `sallyport audit accept-log` lets the gate go on, on record.';

interface Detail {
  readonly position?: number;
  readonly remedy?: string;
  readonly cause?: unknown;
}

/** `ERR_LOG_INCONSISTENT`: the log is not the one that was signed. Says in which file, at which position, and what differs. */
export function inconsistent(file: string, what: string, of: Detail = {}): SallyportError {
  const place = of.position === undefined ? file : `${file}, position ${of.position}`;
  return new SallyportError('ERR_LOG_INCONSISTENT', `${place}: ${what}`, { remedy: of.remedy ?? REMEDY, cause: of.cause });
}
