import type { Json } from '../domain/json.ts';
import { isArray, isObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { JournalRecord, RecordEvent } from '../domain/record.ts';
import type { Origin } from './entry.ts';

const CLOSING: ReadonlySet<RecordEvent> = new Set<RecordEvent>(['result.delivered', 'result.withheld', 'call.cancelled', 'call.failed', 'call.unknown']);
/** The server may not know yet that these calls are over. */
const ENDED_HERE: ReadonlySet<RecordEvent> = new Set<RecordEvent>(['call.cancelled', 'call.failed']);
/** How many superseded incarnations of a node are remembered, so that a late survivor cannot write again. */
const RETIRED_MAX = 16;
/** Who stands behind a call: whose credential is shown to the server. */
interface Behind {
  readonly principal: string;
  /** `person` or `workload`; empty where the record does not say. */
  readonly kind: string;
  readonly agent: string;
  readonly actors: readonly string[];
  /** Who made the call for them, where that is a workload of ours; else they themselves. */
  readonly caller: string;
  readonly dispatchers: readonly string[];
  /** As the record has it; what it does not say is empty, and issued at the beginning of time. */
  readonly flow: string;
  readonly credentials: readonly string[];
  readonly issuedAt: number;
}

/** What a closing record repeats of the record that opened its exchange, and who wrote that. */
export interface OpenCall {
  readonly role: string;
  readonly incarnation: string;
  readonly node: string;
  readonly space: string;
  readonly exchange: string;
  readonly principal: string | undefined;
  readonly principalKind: JournalRecord['principalKind'];
  readonly agent: string | undefined;
  readonly route: string | undefined;
  readonly method: string | undefined;
  readonly action: string | undefined;
  readonly server: string | undefined;
  readonly tool: string | undefined;
  /** The ledger's own time; the writer's clock is not believed. */
  readonly at: number;
  readonly behind: Behind;
}

/** That a message was permitted, as the ledger knows it: what control releases a credential against (invariant 8). */
export type Receipt = Pick<OpenCall, 'role' | 'node' | 'space' | 'exchange' | 'server' | 'tool' | 'method'> & Behind & { readonly ageMs: number };

interface NodeStanding {
  readonly incarnation: string;
  readonly retired: readonly string[];
}

/**
 * What the ledger must know of the past to judge the next record: exchanges still open, each node's current incarnation,
 * and the ids of recent records. It is carried in the first line of every segment, so a start reads one segment only:
 * `LIMITS.segmentBytesMax` bounds the scan, `ledgerOpenMax`, `ledgerNodesMax` and `ledgerRecentIdsMax` bound the memory.
 */
export class Standing {
  readonly #open = new Map<string, OpenCall>();
  readonly #nodes = new Map<string, NodeStanding>();
  /** Two generations: forgetting the oldest half at once costs nothing, taking out the oldest one each time does. */
  #recent = new Map<string, number>();
  #older: ReadonlyMap<string, number> = new Map();
  /** Messages that open nothing (notifications, answers), and calls that were given up, by their exchange; forgotten soon, and at a restart. */
  readonly #messages = new Map<string, OpenCall>();

  get openCount(): number {
    return this.#open.size;
  }

  /** Where a record with this id was written already, while it is remembered. */
  positionOf(id: string): number | undefined {
    return this.#recent.get(id) ?? this.#older.get(id);
  }

  isCurrent(origin: Origin): boolean {
    return this.#nodes.get(nodeKey(origin))?.incarnation === origin.incarnation;
  }

  isRetired(origin: Origin): boolean {
    return this.#nodes.get(nodeKey(origin))?.retired.includes(origin.incarnation) ?? false;
  }

  /** Makes `origin` the one incarnation of its node that may write. False when no further node fits. */
  enter(origin: Origin): boolean {
    const key = nodeKey(origin);
    const known = this.#nodes.get(key);
    if (known?.incarnation === origin.incarnation) return true;
    if (known === undefined && this.#nodes.size >= LIMITS.ledgerNodesMax && !this.#forgetIdleNode()) return false;
    const retired = known === undefined ? [] : [...known.retired, known.incarnation].slice(-RETIRED_MAX);
    this.#nodes.delete(key);
    this.#nodes.set(key, { incarnation: origin.incarnation, retired });
    return true;
  }

  /** Exchanges that nobody will close: of earlier incarnations of `origin`'s node, and those it names as given up. */
  dangling(origin: Origin, abandoned: ReadonlySet<string>): readonly OpenCall[] {
    return [...this.#open.values()].filter(
      (call) => call.role === origin.role && call.node === origin.node && (call.incarnation !== origin.incarnation || abandoned.has(call.exchange)),
    );
  }

  /** The permit of an exchange whose call is open or was given up lately, or of a message that was permitted lately. */
  receiptOf(exchange: string, now: number): Receipt | undefined {
    const call = this.#open.get(exchange) ?? this.#messages.get(exchange);
    if (call === undefined) return undefined;
    const { role, node, space, server, tool, method, behind, at } = call;
    return { role, node, space, exchange, server, tool, method, ...behind, ageMs: Math.max(0, now - at) };
  }

  /** Takes note of a record that has been written, at that time. Only the writer of an exchange's opening, or the ledger, closes it. */
  apply(position: number, origin: Origin, record: JournalRecord, at: number): void {
    this.#remember(record.id, position);
    if (record.event === 'call.permitted') {
      if (!this.#open.has(record.exchange)) this.#open.set(record.exchange, openCall(origin, record, at));
    } else if (record.event === 'message.permitted' && record.category === 'access') {
      this.#noteMessage(openCall(origin, record, at));
    } else if (CLOSING.has(record.event)) {
      const call = this.#open.get(record.exchange);
      if (call === undefined || (origin.role !== 'ledger' && (call.role !== origin.role || call.node !== record.node))) return;
      this.#open.delete(record.exchange);
      // What was given up or failed has still to be told to the server.
      if (ENDED_HERE.has(record.event)) this.#noteMessage({ ...call, at });
    }
  }

  toJson(): Json {
    return {
      open: [...this.#open.values()].map(({ at, behind, ...call }) => ({ ...definedOf(call), at, behind: { ...behind } })),
      nodes: [...this.#nodes].map(([key, node]) => [key, node.incarnation, node.retired]),
      recent: [...this.#older, ...this.#recent].map(([id, position]) => [id, position]),
    };
  }

  /** `json` comes out of an intact segment head: our own words. What does not fit is left out. */
  static fromJson(json: Json): Standing {
    const standing = new Standing();
    const { open, nodes, recent } = isObject(json) ? json : {};
    for (const call of isArray(open) ? open : []) {
      const known = readOpenCall(call);
      if (known !== undefined) standing.#open.set(known.exchange, known);
    }
    for (const node of isArray(nodes) ? nodes : []) {
      const [key, incarnation, retired] = isArray(node) ? node : [];
      if (typeof key !== 'string' || typeof incarnation !== 'string' || !isArray(retired)) continue;
      standing.#nodes.set(key, { incarnation, retired: retired.filter((item) => typeof item === 'string') });
    }
    for (const pair of isArray(recent) ? recent : []) {
      const [id, position] = isArray(pair) ? pair : [];
      if (typeof id === 'string' && typeof position === 'number') standing.#remember(id, position);
    }
    return standing;
  }

  #noteMessage(message: OpenCall): void {
    this.#messages.delete(message.exchange);
    this.#messages.set(message.exchange, message);
    if (this.#messages.size <= LIMITS.receiptsRecentMax) return;
    const [oldest] = this.#messages.keys();
    if (oldest !== undefined) this.#messages.delete(oldest);
  }

  #remember(id: string, position: number): void {
    this.#recent.set(id, position);
    if (this.#recent.size < LIMITS.ledgerRecentIdsMax / 2) return;
    this.#older = this.#recent;
    this.#recent = new Map();
  }

  #forgetIdleNode(): boolean {
    const busy = new Set([...this.#open.values()].map(nodeKey));
    for (const key of this.#nodes.keys()) {
      if (!busy.has(key)) return this.#nodes.delete(key);
    }
    return false;
  }
}

function nodeKey(of: { readonly role: string; readonly node: string }): string {
  return `${of.role}/${of.node}`;
}

/** The texts that have a value. */
export function definedOf(call: Partial<OpenCall>): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {};
  for (const [field, value] of Object.entries(call)) if (typeof value === 'string') fields[field] = value;
  return fields;
}

function openCall(origin: Origin, record: JournalRecord, at: number): OpenCall {
  const { node, space, exchange, principal, principalKind, agent, route, method, action, server, tool } = record;
  const by = record.onBehalfOf ?? record;
  const { credentials = [], issuedAt = 0 } = record.standing ?? {};
  const behind = {
    principal: by.principal ?? '', kind: by.principalKind ?? '', agent: by.agent ?? '', actors: by.actors ?? [],
    caller: principal ?? '', dispatchers: record.dispatchers ?? [], flow: record.context ?? '', credentials, issuedAt,
  };
  const named = { principal, principalKind, agent, route, method, action, server, tool };
  return { role: origin.role, incarnation: origin.incarnation, node, space, exchange, ...named, at, behind };
}

function kindIn(text: string | undefined): JournalRecord['principalKind'] {
  return text === 'person' || text === 'workload' ? text : undefined;
}

function plain(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: Json | undefined): readonly string[] {
  return isArray(value) ? value.map(plain) : [];
}

function readOpenCall(json: Json): OpenCall | undefined {
  if (!isObject(json)) return undefined;
  const text = (field: Exclude<keyof OpenCall, 'at' | 'behind'>): string | undefined => (typeof json[field] === 'string' ? json[field] : undefined);
  const [role, incarnation, node, space, exchange] = [text('role'), text('incarnation'), text('node'), text('space'), text('exchange')];
  if (role === undefined || incarnation === undefined || node === undefined || space === undefined || exchange === undefined) return undefined;
  const principalKind = kindIn(text('principalKind'));
  const named = { principal: text('principal'), principalKind, agent: text('agent'), route: text('route'), method: text('method') };
  // One of an earlier version says neither: nothing is released against it.
  const at = typeof json['at'] === 'number' ? json['at'] : 0;
  const who = isObject(json['behind']) ? json['behind'] : {};
  const behind = {
    principal: plain(who['principal']), kind: plain(who['kind']), agent: plain(who['agent']), actors: texts(who['actors']), caller: plain(who['caller']),
    dispatchers: texts(who['dispatchers']), flow: plain(who['flow']), credentials: texts(who['credentials']),
    issuedAt: typeof who['issuedAt'] === 'number' ? who['issuedAt'] : 0,
  };
  return { role, incarnation, node, space, exchange, ...named, action: text('action'), server: text('server'), tool: text('tool'), at, behind };
}
