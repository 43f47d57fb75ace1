import type { ErrorCode } from '../../domain/errors.ts';
import type { Answered, End, Order } from './work.ts';

/** What the ledger says to the index's thread. */
export type ToWorker =
  | { readonly open: string }
  | { readonly grown: End }
  | { readonly id: number; readonly end: End; readonly order: Order }
  | { readonly close: true };

/** What it says back: one answer or fault for each order. */
export type FromWorker =
  | { readonly id: number; readonly answer: Answered }
  | { readonly id: number; readonly fault: Fault }
  | { readonly closed: true };

export interface Fault {
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string | undefined;
  /** Of a filter: where its mistake is. */
  readonly column: number | undefined;
}
