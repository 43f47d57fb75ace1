/**
 * How long records and the payloads beside them are kept. A retention class belongs to a server (default `standard`); its
 * region says where its payloads lie. Records outlive payloads: who did what stays longer than with which words.
 */
export interface RetentionClass {
  readonly name: string;
  readonly region: string;
  readonly recordDays: number;
  /** 0: payloads of this class are never kept. */
  readonly bodyDays: number;
  /** Whether results are kept too, not only what was asked. */
  readonly results: boolean;
}

/**
 * To whom payloads of a class are sealed now: an age recipient (X25519) whose identity only control has. A new one each
 * `epoch` (`YYYY-MM`), so that a lost epoch identity makes its payloads unreadable wherever copies of them lie.
 */
export interface RetentionKey {
  readonly class: string;
  readonly region: string;
  readonly epoch: string;
  readonly recipient: string;
}

/**
 * A payload as it leaves the gateway: AES-256-GCM under a data key of the gateway's own, which is wrapped to the class's
 * recipient in a `key.wrapped` record before its first use. Bound to its exchange by the additional data.
 */
export interface SealedBody {
  readonly class: string;
  readonly region: string;
  /** Id of the data key: the id of its `key.wrapped` record. */
  readonly key: string;
  /** base64 of nonce (12), ciphertext, tag (16). */
  readonly box: string;
}
