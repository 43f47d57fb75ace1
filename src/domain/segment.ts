/** Pods by their labels, all of which must be there, in one namespace. */
export interface PodSelector {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Where somebody is on the network: addresses or networks (CIDR), pods of a cluster, or both of the same party. */
export interface NetworkPlace {
  readonly addresses?: readonly string[];
  readonly pods?: PodSelector;
}

/** A party that a server reaches, or that reaches it besides the gate. */
export interface SegmentPeer extends NetworkPlace {
  /** What people call it; rules never hold it, for packets have no names. */
  readonly host?: string;
  readonly port: number;
  /** Absent: `tcp`. */
  readonly protocol?: 'tcp' | 'udp';
}

/** Where a server that the company hosts stands on its network, and the whole of what it may reach. */
export interface Segment extends NetworkPlace {
  /** Where it listens; absent: the port of its URL. */
  readonly port?: number;
  /** Absent: nothing. */
  readonly egress?: readonly SegmentPeer[];
  /** Who reaches it besides the gate, each for a `reason`. */
  readonly ingress?: readonly (SegmentPeer & { readonly reason: string })[];
}

export const SEGMENT_FORMATS = ['nftables', 'kubernetes'] as const;
export type SegmentFormat = (typeof SEGMENT_FORMATS)[number];
