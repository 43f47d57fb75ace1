import type { Exchange } from '../domain/exchange.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Message } from '../domain/message.ts';
import { REGISTRY_PRINCIPAL_ID } from '../domain/principal.ts';
import type { PinKind, Server } from '../domain/server.ts';
import { createPinKeeper } from '../registry/pins.ts';
import { readSurface, type RawSurface } from '../registry/surface.ts';
import type { Objection } from './enforce.ts';
import type { Reader } from './reader.ts';

/** Whether what is called is still what was approved, checked when it is called and not when it was last listed. */
export interface PinGuard {
  /** Undefined: as approved, or nothing that a baseline could hold. Throws ERR_PIN_UNVERIFIED when that can't be known. */
  objection(exchange: Exchange): Promise<Objection | undefined>;
  /** Takes note of a server that says that its lists changed. */
  observe(answer: Message, exchange: Exchange): void;
}

/** Today's upstream credentials belong to servers, not to callers: one verification holds for all. */
const SERVER_CREDENTIAL = 'server';

const PINNED: Readonly<Partial<Record<string, PinKind>>> = { call_tool: 'tool', get_prompt: 'prompt' };

/** `report` is told what a server said when that is no longer what was approved. */
export function createPinGuard(reader: () => Reader, report: (server: Server, said: RawSurface) => void): PinGuard {
  const lastRead = new Map<string, RawSurface>();
  const keyOf = (server: Server): string => JSON.stringify([server.space, server.id]);
  const keeper = createPinKeeper({
    staleMs: LIMITS.pinStaleMs,
    unverifiedMs: LIMITS.pinUnverifiedMs,
    now: Date.now,
    async refresh(server) {
      const known = server.baseline?.surface.eras[0];
      const raw = await reader().read(server.space, server.id, undefined, known, AbortSignal.timeout(LIMITS.requestTimeoutMs));
      lastRead.set(keyOf(server), { ...raw, eras: server.baseline?.surface.eras ?? raw.eras });
      return readSurface(raw, { labels: server.labels, tools: {} });
    },
    found(server) {
      const said = lastRead.get(keyOf(server));
      if (said !== undefined) report(server, said);
    },
  });
  return {
    async objection(exchange) {
      const kind = PINNED[exchange.call.action];
      if (kind === undefined || exchange.principal.id === REGISTRY_PRINCIPAL_ID) return undefined;
      const set = keeper.current(exchange.server, SERVER_CREDENTIAL) ?? (await keeper.ensureFresh(exchange.server, SERVER_CREDENTIAL));
      const verdict = set.verdict(kind, exchange.call.resource.name);
      return verdict === 'deny' || verdict === 'hide' ? DRIFTED : undefined;
    },
    observe(answer, exchange) {
      if (answer.kind === 'notification' && answer.method.endsWith('/list_changed')) keeper.invalidate(exchange.server);
    },
  };
}

const DRIFTED: Objection = {
  code: 'ERR_PIN_DRIFT',
  reason: 'This is no longer what was approved: its definition changed on the server.',
  remedy: 'An administrator sees the change with "sallyport server diff" and approves it or not.',
};
