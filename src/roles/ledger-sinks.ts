import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { SinkHost } from '../audit/sinks/host.ts';
import type { SinkThread } from '../audit/sinks/host.ts';
import type { FromThread, SinksPart } from '../audit/sinks/messages.ts';
import type { Ledger } from '../audit/ledger.ts';
import { SallyportError } from '../domain/errors.ts';
import { toRecord, type Happening } from '../domain/happening.ts';
import type { Json } from '../domain/json.ts';
import { DEFAULT_SPACE } from '../domain/principal.ts';
import type { LedgerConfiguration } from '../domain/retention.ts';
import type { SinkSpec, SinkStatus } from '../domain/sink.ts';
import type { Handler } from '../link/handler.ts';
import { brokenSink, readSink } from '../registry/sink-shape.ts';

const SENT = z.strictObject({
  roots: z.string().exactOptional(),
  sinks: z.record(z.string(), z.strictObject({ spec: z.json(), error: z.string().max(100).exactOptional() })),
});
const NAMED = z.strictObject({ name: z.string().min(1).max(63) });
const REPLAY = z.strictObject({ name: z.string().min(1).max(63), from: z.int().nonnegative().exactOptional(), since: z.int().nonnegative().exactOptional() });
/** What events say that they come from. */
const VERSION = '0.1.0';
const HELD = z.record(z.string(), z.int());

/** The sinks of the ledger role, in a thread of their own, and what control may ask of them. */
export interface LedgerSinks {
  readonly handlers: Readonly<Record<string, Handler>>;
  configure(configuration: LedgerConfiguration): void;
  /** Whether a sink without which nothing passes is too far behind. */
  isHeld(): boolean;
  /** How far each has come; none before the ledger is open. */
  status(): readonly SinkStatus[];
  close(): Promise<void>;
}

export function createLedgerSinks(home: string, opened: Promise<Ledger>): LedgerSinks {
  const dir = join(home, 'ledger');
  const heldFile = join(dir, 'sinks', 'fail-closed');
  let host: SinkHost | undefined;
  let waiting: LedgerConfiguration | undefined;

  const configure = (configuration: LedgerConfiguration): void => {
    const part = partOf(configuration);
    rememberHeld(heldFile, part);
    host?.configure(part);
  };
  opened.then((ledger) => {
    const own = (happening: Omit<Happening, 'space'>): void => {
      const record = toRecord({ id: Bun.randomUUIDv7(), at: Date.now(), node: 'ledger', space: DEFAULT_SPACE, exchange: '', ...happening });
      ledger.append([record]).catch(() => undefined);
    };
    host = new SinkHost({
      home, dir, spawn, source: { origin: ledger.identity.origin, version: VERSION }, onGrown: (listener) => ledger.onGrown(listener),
      growth: () => ({ end: ledger.durableEnd(), next: ledger.next }), news: ({ event, sink, detail }) => own({ event, detail: { sink, ...detail } }),
    });
    // What must not pass before control has said so again.
    host.remember(readHeld(heldFile));
    if (waiting !== undefined) configure(waiting);
  }).catch(() => undefined);

  const running = async (): Promise<SinkHost> => {
    await opened;
    if (host === undefined) throw new SallyportError('ERR_NOT_RUNNING', 'the ledger is starting', { remedy: 'Try again in a moment.' });
    return host;
  };
  return {
    configure: (configuration) => {
      waiting = configuration;
      if (host !== undefined) configure(configuration);
    },
    isHeld: () => (host?.behind().length ?? 0) > 0,
    status: () => host?.status() ?? [],
    close: async () => host?.close(),
    handlers: {
      'ledger.sinks': { call: async () => (await running()).status().map((one): Json => ({ ...one })) },
      'ledger.sink-test': { call: async (body) => ({ ...(await (await running()).test(read(NAMED, body).name)) }) },
      'ledger.sink-replay': {
        call: async (body) => {
          const { name, from, since = 0 } = read(REPLAY, body);
          const position = from ?? (await positionSince(await opened, since));
          await (await running()).replay(name, position);
          return { from: position };
        },
      },
    },
  };
}

async function positionSince(ledger: Ledger, since: number): Promise<number> {
  const [first] = (await ledger.query({ since, order: 'oldest', limit: 1 })).entries;
  if (first !== undefined) return first.position;
  throw new SallyportError('ERR_REQUEST_INVALID', 'there is no record since then', { remedy: 'Name an earlier time, or a position with --from.' });
}

/** What was wrong was refused when it was applied; what another version wrote is not left out, but stands for itself as broken. */
function partOf({ sinks: sent, pseudonyms, failClosed }: LedgerConfiguration): SinksPart {
  const { sinks, roots } = SENT.parse(sent);
  const named = Object.entries(sinks).map(([name, { spec, error }]) => [name, specOf(spec, roots, error)] as const);
  return { sinks: Object.fromEntries(named), pseudonyms, failClosed };
}

function specOf(spec: Json, roots: string | undefined, error: string | undefined): SinkSpec {
  try {
    const sink = readSink(spec, roots);
    return error === undefined ? sink : brokenSink(error, sink);
  } catch {
    // Not what was wrong with it: the message could hold a part of it.
    return brokenSink('ERR_CONFIG_INVALID');
  }
}

/** Which sinks must not be behind, and how far: names and spans alone, for the time between a start and what control says next. */
function rememberHeld(file: string, { sinks, failClosed }: SinksPart): void {
  const held = failClosed.flatMap((name) => {
    const spec = sinks[name];
    return spec === undefined ? [] : [[name, spec.behindMaxMs] as const];
  });
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 });
  writeFileSync(file, JSON.stringify(Object.fromEntries(held)), { mode: 0o600 });
}

function readHeld(file: string): ReadonlyMap<string, number> {
  if (!existsSync(file)) return new Map();
  return new Map(Object.entries(HELD.parse(JSON.parse(readFileSync(file, 'utf8')))));
}

function read<T>(schema: z.ZodType<T>, body: Json): T {
  const found = schema.safeParse(body, { reportInput: false });
  if (found.success) return found.data;
  throw new SallyportError('ERR_REQUEST_INVALID', 'a sink is asked for by its name');
}

function spawn(): SinkThread {
  const worker = new Worker(new URL('./sinks-thread.ts', import.meta.url).href);
  // A process that is done doesn't wait for it.
  worker.unref();
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => worker.addEventListener('message', (event: MessageEvent<FromThread>) => listener(event.data)),
    onEnd: (listener) => {
      worker.addEventListener('close', listener);
      worker.addEventListener('error', listener);
    },
    terminate: () => worker.terminate(),
  };
}
