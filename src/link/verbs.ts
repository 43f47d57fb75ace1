import type { GateRole, Role } from '../domain/role.ts';

/**
 * `call`: one JSON body, one JSON answer. `text`: one text body handed over as it came (so that what is written is what was
 * sent, without a parse), one JSON answer. `stream`: one JSON body, many JSON answers.
 */
export type VerbShape = 'call' | 'text' | 'stream';

export interface VerbInfo {
  readonly server: Role;
  readonly callers: readonly Role[];
  readonly shape: VerbShape;
  /** Asked by other machines alone: roles on one machine have no socket for it. */
  readonly machines?: true;
}

/** Who may ask what of whom. Membership is the allow-list (invariant 3): what is not in this table is refused and reported. */
const VERBS = {
  'ledger.hello': { server: 'ledger', callers: ['gateway', 'control', 'runner', 'egress'], shape: 'call' },
  'ledger.append': { server: 'ledger', callers: ['gateway', 'control', 'runner', 'egress'], shape: 'text' },
  'ledger.query': { server: 'ledger', callers: ['control'], shape: 'call' },
  'ledger.search': { server: 'ledger', callers: ['control'], shape: 'call' },
  'ledger.sessions': { server: 'ledger', callers: ['control'], shape: 'call' },
  'ledger.activity': { server: 'ledger', callers: ['control'], shape: 'call' },
  'ledger.edges': { server: 'ledger', callers: ['control'], shape: 'call' },
  'ledger.receipt': { server: 'ledger', callers: ['control'], shape: 'call' },
  'ledger.tail': { server: 'ledger', callers: ['control'], shape: 'stream' },
  /** What the ledger keeps for how long, under whose name, and sends where (`LedgerConfiguration`). */
  'ledger.configure': { server: 'ledger', callers: ['control'], shape: 'call' },
  /** The last signed checkpoint, and that it extends what the caller has seen of the log. */
  'ledger.checkpoint': { server: 'ledger', callers: ['gateway', 'control', 'runner', 'egress'], shape: 'call' },
  'ledger.prove': { server: 'ledger', callers: ['control'], shape: 'call' },
  /** Erases one exchange, or one person's records; never what a legal hold holds. */
  'ledger.erase': { server: 'ledger', callers: ['control'], shape: 'call' },
  /** Sealed payloads and their wrapped keys, which control alone can open. */
  'ledger.bodies': { server: 'ledger', callers: ['control'], shape: 'call' },
  /** Records that match, each with its sealed payload, for control to decide anew. */
  'ledger.payloads': { server: 'ledger', callers: ['control'], shape: 'stream' },
  'ledger.sinks': { server: 'ledger', callers: ['control'], shape: 'call' },
  'ledger.sink-test': { server: 'ledger', callers: ['control'], shape: 'call' },
  'ledger.sink-replay': { server: 'ledger', callers: ['control'], shape: 'call' },
  /** Where its metrics are to be read, on its own machine. */
  'ledger.telemetry': { server: 'ledger', callers: ['control'], shape: 'call' },
  'ledger.verify': { server: 'ledger', callers: ['control'], shape: 'stream' },

  /** Which Python it would start servers with, so that what is fetched for one fits. */
  'runner.python': { server: 'runner', callers: ['control'], shape: 'call' },

  'control.watch': { server: 'control', callers: ['gateway', 'egress'], shape: 'stream' },
  'control.drift': { server: 'control', callers: ['gateway'], shape: 'call' },
  'control.state': { server: 'control', callers: ['gateway'], shape: 'call' },
  'control.keys': { server: 'control', callers: ['gateway'], shape: 'call' },
  'control.certificate': { server: 'control', callers: ['gateway'], shape: 'call' },
  'control.context': { server: 'control', callers: ['gateway'], shape: 'call' },
  /** A sign of life: a gateway has nothing that control does not know of. */
  'control.present': { server: 'control', callers: ['gateway'], shape: 'call' },
  'control.freeze': { server: 'control', callers: ['gateway'], shape: 'call' },
  'control.release': { server: 'control', callers: ['gateway'], shape: 'call' },
  /** A call that people must approve: asked for once, and used up once. */
  'control.ask-approval': { server: 'control', callers: ['gateway'], shape: 'call' },
  'control.use-approval': { server: 'control', callers: ['gateway'], shape: 'call' },
  /** An answer that policy withholds for a person, and the same once it was released. */
  'control.quarantine': { server: 'control', callers: ['gateway'], shape: 'call' },
  'control.take-quarantined': { server: 'control', callers: ['gateway'], shape: 'call' },
  /** A local server crashes on start again and again. */
  'control.server-crashing': { server: 'control', callers: ['runner'], shape: 'call' },
  /** A client that is no registered agent was refused: a finding. */
  'control.unknown-client': { server: 'control', callers: ['gateway'], shape: 'call' },
  /** A local server tried to reach what it may not: people see it on the server. */
  'control.connection-refused': { server: 'control', callers: ['egress'], shape: 'call' },
  /** The secret by which a gateway asks one issuer about tokens (RFC 7662). */
  'control.issuer-secret': { server: 'control', callers: ['gateway'], shape: 'call' },
  /** A certificate anew, over the key that the caller has just proven. */
  'control.renew': { server: 'control', callers: ['gateway', 'ledger', 'runner', 'egress', 'sensor'], shape: 'call', machines: true },
  /** The keys of machines that are dead: at once, and after each change. */
  'control.dead': { server: 'control', callers: ['gateway', 'ledger', 'runner', 'egress', 'sensor'], shape: 'stream', machines: true },
  /** What a sensor saw on its host, and that it is there. */
  'control.observe': { server: 'control', callers: ['sensor'], shape: 'call', machines: true },
  /** By what a gateway inspects, and the secret rules and weights that the snapshot names. */
  'control.detection': { server: 'control', callers: ['gateway'], shape: 'call' },
  /** The secret by which a gateway asks the judge that a space has outside. */
  'control.judge-secret': { server: 'control', callers: ['gateway'], shape: 'call' },

  'gateway.read': { server: 'gateway', callers: ['control'], shape: 'call' },
  'gateway.forward': { server: 'gateway', callers: ['gateway'], shape: 'stream' },
  'gateway.proof': { server: 'gateway', callers: ['gateway'], shape: 'call' },

  'runner.open': { server: 'runner', callers: ['gateway'], shape: 'stream' },
  'runner.send': { server: 'runner', callers: ['gateway'], shape: 'call' },
  'runner.close': { server: 'runner', callers: ['gateway'], shape: 'call' },
  'runner.telemetry': { server: 'runner', callers: ['control'], shape: 'call' },
  'runner.status': { server: 'runner', callers: ['control', 'gateway'], shape: 'call' },

  /** A process of a local server is about to start: with this ticket, once, it may be connected to what its server may reach. */
  'egress.admit': { server: 'egress', callers: ['runner'], shape: 'call' },
  'egress.dismiss': { server: 'egress', callers: ['runner'], shape: 'call' },
} as const satisfies Readonly<Record<string, VerbInfo>>;

const TABLE: ReadonlyMap<string, VerbInfo> = new Map(Object.entries(VERBS));

/** The roles that may ask a server anything at all: each has a socket of its own. */
export function callersOf(server: Role): readonly GateRole[] {
  const callers = [...TABLE.values()].filter((info) => info.server === server && info.machines !== true).flatMap((info) => info.callers);
  return [...new Set(callers.filter((caller) => caller !== 'sensor'))];
}

export function findVerb(verb: string): VerbInfo | undefined {
  return TABLE.get(verb);
}
