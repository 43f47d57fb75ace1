import type { Principal } from './principal.ts';
import type { TraceContext } from './telemetry.ts';

/** Where a message came in: one server under its own tool names, or a toolset that aggregates several. */
export type Route =
  | { readonly kind: 'server'; readonly space: string; readonly name: string }
  | { readonly kind: 'toolset'; readonly space: string; readonly name: string };

/** How a server is asked, when it is read, in a way in which it should refuse: without its credential, or as a foreign web page. */
export type Examination = 'anonymous' | 'foreign-origin';

/** One HTTP exchange from downstream, before anything of it is believed. Bytes are limited, nothing is parsed. */
export interface Inbound {
  readonly route: Route;
  readonly httpMethod: 'POST' | 'GET' | 'DELETE';
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** The peer's address: the socket's, or a trusted front proxy's word for it. */
  readonly address: string;
  readonly receivedAt: number;
  /** Of the gate's own requests: the trace of the exchange that they are made for. */
  readonly trace?: TraceContext;
  /** Base64url SHA-256 of the client certificate, where the handshake (or a trusted front proxy) proved that the caller has its key. */
  readonly certificate?: string;
  /** Aborts when the client goes away or the deadline passes. */
  readonly signal: AbortSignal;
  /**
   * Set only by the gateway's own code, never from the network: the workload that asks (enrolment, refresh, a bridge's
   * handshake), and the caller whose upstream credential and connection are used. `examine` is the registry's alone.
   */
  readonly internal?: { readonly principal: Principal; readonly onBehalfOf: Principal; readonly examine?: Examination };
}
