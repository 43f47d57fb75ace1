import { join } from 'node:path';
import { createFloods } from '../audit/floods.ts';
import type { Origin } from '../audit/entry.ts';
import { openLedgerIndex } from '../audit/index/ledger-index.ts';
import type { LedgerIndex } from '../audit/index/ledger-index.ts';
import { openLedger } from '../audit/ledger.ts';
import type { Ledger } from '../audit/ledger.ts';
import { readQuery } from '../audit/query.ts';
import { SallyportError } from '../domain/errors.ts';
import { toRecord, type Happening } from '../domain/happening.ts';
import type { Json } from '../domain/json.ts';
import { isArray, isObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { DEFAULT_SPACE } from '../domain/principal.ts';
import type { JournalRecord } from '../domain/record.ts';
import type { Caller, Handler } from '../link/handler.ts';
import { refusedOnLink } from '../link/refused.ts';
import { serveLink } from '../link/serve.ts';
import { openFleet, type FleetOptions } from './fleet.ts';
import { createEvidence } from './ledger-evidence.ts';
import { payloadHandlers } from './ledger-payloads.ts';
import { searchHandlers } from './ledger-search.ts';
import { createLedgerSinks } from './ledger-sinks.ts';
import { createLedgerTelemetry } from './ledger-telemetry.ts';
import { checkOwnFiles } from './own-files.ts';

const NODE = 'ledger';
const NAME = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

export interface LedgerRoleOptions {
  readonly home: string;
  /** Sync to the disk before an append resolves. */
  readonly strict: boolean;
  /** Default: `LIMITS.segmentBytesMax`. */
  readonly segmentBytesMax?: number;
  /** Where it listens for roles on other machines. */
  readonly fleet?: FleetOptions;
}

export interface LedgerRole {
  readonly ledger: Ledger;
  /** Answers what is under way, records the stop, closes the files. */
  close(): Promise<void>;
  /** Resolves when the role has stopped, by `close` or by SIGTERM. */
  readonly stopped: Promise<void>;
}

/** The ledger role: keeps the journal in `<home>/ledger` and serves it on the link. Throws `ERR_JOURNAL_*`, `ERR_LINK_AUTH`, `ERR_ALREADY_RUNNING`. */
export async function runLedger(options: LedgerRoleOptions): Promise<LedgerRole> {
  checkOwnFiles(options.home, 'ledger');
  // Listening comes first: it proves that no other ledger has these files open.
  const opened = Promise.withResolvers<Ledger>();
  opened.promise.catch(() => undefined);
  const floods = createFloods({ append: async (record) => (await (await opened.promise).append([record]))[0] ?? 0 }, { node: NODE, space: DEFAULT_SPACE });
  const indexed = Promise.withResolvers<LedgerIndex>();
  indexed.promise.catch(() => undefined);
  const evidence = createEvidence(join(options.home, 'ledger'), opened.promise, async (positions) => (await indexed.promise).forget(positions));
  const sinks = createLedgerSinks(options.home, opened.promise);
  evidence.onConfigured((configuration) => sinks.configure(configuration));
  const telling = createLedgerTelemetry(options.home, opened.promise, () => sinks.status());
  const server = await serveLink({
    home: options.home,
    self: 'ledger',
    handlers: {
      ...ledgerHandlers(opened.promise), ...evidence.handlers, ...sinks.handlers, ...searchHandlers(indexed.promise), ...telling.handlers,
      ...payloadHandlers(join(options.home, 'ledger'), indexed.promise),
    },
    onRefused: (refusal) => void floods.refuse(ownRecord(refusedOnLink(refusal))).catch(() => undefined),
  });
  const fleet = openFleet(options.home, 'ledger', options.fleet ?? {}, (line) => console.error(`ledger: ${line}`));
  let ledger: Ledger;
  try {
    const { strict, segmentBytesMax } = options;
    ledger = await openLedger(join(options.home, 'ledger'), { strict, isHeld: () => sinks.isHeld(), ...(segmentBytesMax === undefined
      ? {} : { segmentBytesMax }) });
    await ledger.append([ownRecord({ category: 'access', event: 'role.started', detail: { strict, pid: process.pid } })]);
    indexed.resolve(followLedger(join(options.home, 'ledger'), ledger));
    opened.resolve(ledger);
    fleet.serve(server);
  } catch (error) {
    opened.reject(error);
    indexed.reject(error);
    fleet.close();
    await server.close();
    throw error;
  }
  const stopped = Promise.withResolvers<void>();
  let closing: Promise<void> | undefined;
  const shutDown = async (): Promise<void> => {
    process.off('SIGTERM', onTerm);
    evidence.close();
    telling.close();
    fleet.close();
    await server.close();
    await floods.close();
    await ledger.append([ownRecord({ category: 'access', event: 'role.stopped' })]);
    await sinks.close();
    await (await indexed.promise).close();
    await ledger.close();
  };
  const close = (): Promise<void> => {
    closing ??= shutDown().then(stopped.resolve, stopped.reject);
    return stopped.promise;
  };
  const onTerm = (): void => void close();
  process.on('SIGTERM', onTerm);
  return { ledger, close, stopped: stopped.promise };
}

/** The index reads no further than what is durable. */
function followLedger(dir: string, ledger: Ledger): LedgerIndex {
  const index = openLedgerIndex(dir, () => ({ ...ledger.durableEnd(), position: ledger.next }));
  ledger.onGrown(() => index.grown());
  return index;
}

/** What each verb does. A connection may append once its process has said hello on it. */
function ledgerHandlers(opened: Promise<Ledger>): Readonly<Record<string, Handler>> {
  const origins = new WeakMap<Caller, Origin>();
  let ready: Ledger | undefined;
  opened.then(
    (ledger) => (ready = ledger),
    () => undefined,
  );
  return {
    'ledger.hello': {
      call: async (body, caller) => {
        const { origin, abandoned } = readGreeting(body, caller);
        const ledger = await opened;
        const closed = await ledger.hello(origin, abandoned);
        origins.set(caller, origin);
        return { closed, checkpoint: (await ledger.checkpoint(0)).note };
      },
    },
    'ledger.checkpoint': {
      call: async (body) => {
        const covering = isObject(body) && body['covering'] !== undefined ? readCount(body, 'covering') : undefined;
        return toJson(await (await opened).checkpoint(readCount(body, 'from'), covering));
      },
    },
    'ledger.prove': {
      call: async (body) => {
        const ledger = await opened;
        const proofs = await ledger.proveAll(readPositions(body));
        return { vkey: ledger.identity.vkey, note: proofs[0]?.note ?? '', proofs: proofs.map(({ position, line, proof }) => ({ position, line, proof })) };
      },
    },
    'ledger.append': {
      text: (text, caller) => {
        const origin = origins.get(caller);
        if (origin === undefined || ready === undefined) throw new SallyportError('ERR_CONFLICT', 'a process says hello before it appends');
        return ready.appendLines(text.split('\n'), origin);
      },
    },
    'ledger.query': {
      call: async (body) => {
        const query = readQuery(body);
        const { entries, damage } = await (await opened).query(query);
        return toJson({ entries, damage });
      },
    },
    'ledger.receipt': {
      call: async (body) => {
        const exchange = isObject(body) ? body['exchange'] : undefined;
        if (typeof exchange !== 'string') throw new SallyportError('ERR_REQUEST_INVALID', 'a receipt is asked for by its exchange');
        const receipt = (await opened).receipt(exchange);
        return receipt === undefined ? null : toJson(receipt);
      },
    },
    'ledger.verify': {
      // One answer, which takes longer than a call may.
      stream: async function* verify() {
        const { flawCount, unaccounted, flaws } = await (await opened).verify();
        yield { flawCount, unaccounted, flaws: flaws.map(toJson) };
      },
    },
    'ledger.tail': {
      stream: async function* tail(body, _caller, signal) {
        const ledger = await opened;
        const from = isObject(body) && Number.isSafeInteger(body['from']) ? Number(body['from']) : ledger.next;
        for await (const entry of ledger.tail(from, signal)) yield toJson(entry);
      },
    },
  };
}

function readGreeting(body: Json, caller: Caller): { readonly origin: Origin; readonly abandoned: ReadonlySet<string> } {
  const { node, incarnation, abandoned } = isObject(body) ? body : {};
  if (typeof node !== 'string' || typeof incarnation !== 'string' || !NAME.test(node) || !NAME.test(incarnation) || !isArray(abandoned)) {
    throw new SallyportError('ERR_REQUEST_INVALID', 'hello names a node, an incarnation and the exchanges given up');
  }
  // A machine's certificate says which node it is; it speaks for no other.
  if (caller.node !== undefined && caller.node !== node) {
    throw new SallyportError('ERR_LINK_FORBIDDEN', `${caller.role} ${caller.node} says that it is ${node}`);
  }
  if (abandoned.length > LIMITS.ledgerOpenMax) throw new SallyportError('ERR_REQUEST_INVALID', 'hello names too many exchanges');
  return { origin: { role: caller.role, node, incarnation }, abandoned: new Set(abandoned.filter((item) => typeof item === 'string')) };
}

function readCount(body: Json, field: string): number {
  const value = isObject(body) ? body[field] : undefined;
  if (!Number.isSafeInteger(value) || Number(value) < 0) throw new SallyportError('ERR_REQUEST_INVALID', `${field} is a count of records`);
  return Number(value);
}

function readPositions(body: Json): readonly number[] {
  const positions = isObject(body) && isArray(body['positions']) ? body['positions'] : [];
  const read = positions.flatMap((position) => (typeof position === 'number' && Number.isSafeInteger(position) && position >= 0 ? [position] : []));
  if (read.length === positions.length && read.length > 0 && read.length <= LIMITS.proofsAtOnceMax) return read;
  throw new SallyportError('ERR_REQUEST_INVALID', `proofs are asked for by 1 to ${LIMITS.proofsAtOnceMax} positions`);
}

/** Entries are JSON by construction (they were read from JSON); the type only lacks the index signature. */
function toJson(value: object): Json {
  return { ...value };
}

function ownRecord(of: Omit<Happening, 'space'>): JournalRecord {
  return toRecord({ id: Bun.randomUUIDv7(), at: Date.now(), node: NODE, space: DEFAULT_SPACE, exchange: '', ...of });
}
