import type { LedgerConfiguration } from '../../domain/retention.ts';
import type { SinkNews, SinkSpec, SinkTest } from '../../domain/sink.ts';
import type { LogSource } from '../ocsf/to-ocsf.ts';
import type { DurableEnd } from '../query.ts';
import type { PumpStatus } from './pump.ts';

/** How far the log reaches. */
export interface Growth {
  readonly end: DurableEnd;
  /** The position that the next record will have. */
  readonly next: number;
}

/** What the ledger tells the thread that runs its sinks. */
export type ToThread =
  | { readonly kind: 'start'; readonly home: string; readonly dir: string; readonly source: LogSource; readonly growth: Growth }
  | { readonly kind: 'configure'; readonly configuration: SinksPart }
  | { readonly kind: 'grown'; readonly growth: Growth }
  | { readonly kind: 'replay'; readonly ask: number; readonly name: string; readonly from: number }
  | { readonly kind: 'test'; readonly ask: number; readonly name: string }
  | { readonly kind: 'close' };

/** What concerns sinks of what control configures, read and with every default written out. */
export interface SinksPart extends Pick<LedgerConfiguration, 'pseudonyms' | 'failClosed'> {
  readonly sinks: Readonly<Record<string, SinkSpec>>;
}

export type Reports = readonly (PumpStatus & { readonly name: string; readonly type: string })[];

/** What the thread tells the ledger. */
export type FromThread =
  | { readonly kind: 'status'; readonly reports: Reports }
  | { readonly kind: 'news'; readonly news: SinkNews }
  | { readonly kind: 'answer'; readonly ask: number; readonly test?: SinkTest; readonly error?: string }
  | { readonly kind: 'closed' };
