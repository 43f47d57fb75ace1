import type { JsonObject } from '../../domain/json.ts';
import type { Revision } from '../../domain/message.ts';

/** One question to a server, asked through the gate as the registry's workload (invariant 1). */
export interface ProbeQuestion {
  readonly space: string;
  readonly server: string;
  readonly method: string;
  readonly params: JsonObject;
  /** The gateway answers only once it judges by this snapshot or a later one: the server is in it. */
  readonly minSnapshotVersion: number;
}

/** What came back: the result, or the error that the server itself gave. The gate's own refusals are thrown. */
export type ProbeAnswer =
  | { readonly revision: Revision; readonly result: JsonObject }
  | { readonly revision: Revision; readonly error: { readonly code: number; readonly message: string } };

/** Throws what the link and the gateway throw: `ERR_LINK_*`, `ERR_UPSTREAM_*`, `ERR_SERVER_*`. */
export type Probe = (question: ProbeQuestion, signal: AbortSignal) => Promise<ProbeAnswer>;
