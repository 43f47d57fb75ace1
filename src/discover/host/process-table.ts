/** One running process, as its system describes it. What it says of itself (its arguments) is a claim; `program` is what runs. */
export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  /** Seconds since the epoch. */
  readonly startedAt: number;
  readonly user: number;
  readonly argv: readonly string[];
  /** The file that runs; absent where this user may not know. */
  readonly program?: string;
  /** Its working folder. */
  readonly folder?: string;
  readonly hasTerminal: boolean;
  /** What it reads from and writes to are pipes or sockets: a client has it on a line. Undefined: not known. */
  readonly isPiped?: boolean;
  /** The id of the container that it runs in. */
  readonly container?: string;
  /** Where its files begin, if they are not this machine's: a container's or a sandbox's image, seen from here. Undefined: this machine's. */
  readonly image?: string;
  /** Where its own view of the files can be looked into: what it calls by a path may be another file than that path's here. */
  readonly root?: string;
}

/** A socket that waits for connections. */
export interface ListeningSocket {
  readonly address: string;
  readonly port: number;
  /** Absent: not known, mostly for want of rights. */
  readonly pid?: number;
  /** Of a container's own network: its addresses are not this machine's. */
  readonly isApart: boolean;
}

/** What runs on one machine at one moment, and what of it could not be seen. */
export interface HostTable {
  readonly processes: readonly RunningProcess[];
  readonly sockets: readonly ListeningSocket[];
  readonly unseen: readonly { readonly place: string; readonly reason: string }[];
}

/** `npm exec @scope/name` as one text: programs that write their title over their arguments leave one with spaces. */
export function splitTitle(argv: readonly string[]): readonly string[] {
  const [only = '', ...rest] = argv;
  if (rest.length > 0 || !only.includes(' ') || only.startsWith('/')) return argv;
  return only.split(' ').filter((word) => word !== '');
}
