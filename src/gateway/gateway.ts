import type { Inbound, Route } from '../domain/inbound.ts';
import type { JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { ErrorMessage, Message } from '../domain/message.ts';
import type { Principal } from '../domain/principal.ts';
import type { Upstream } from '../domain/upstream.ts';
import type { Identity } from '../identity/authenticate.ts';
import { metadataOf } from '../identity/metadata.ts';
import type { FlowContexts } from '../flow/keeper.ts';
import { decodeInbound } from '../mcp/decode.ts';
import { judgeComing } from './answering.ts';
import { approvalPrompt } from './approval-prompt.ts';
import { connectPrompt } from './connect-prompt.ts';
import { deciding } from './deciding.ts';
import { decline } from './decline.ts';
import { faultOf, refusalOfFault } from './refusal.ts';
import { flowReads } from './guard.ts';
import type { Handles } from './handles.ts';
import { identify, recognise, type Caller } from './identify.ts';
import type { Holding } from './holding.ts';
import type { InForceKeeper } from './in-force.ts';
import type { Inspecting } from './inspecting.ts';
import { knownMethod } from './membership.ts';
import type { Gates } from './obligations/meet.ts';
import type { OpenExchanges } from './open-exchanges.ts';
import type { PinGuard } from './pin-guard.ts';
import type { Probing } from './probing.ts';
import type { Quarantine } from './quarantine/quarantine.ts';
import { complete, resolve } from './resolve.ts';
import type { Sessions } from './sessions.ts';
import { tell } from './tell.ts';
import { openTrail, type Knock, type TrailOptions } from './trail.ts';
import type { Transforming } from './transforms/transforming.ts';
import type { Watched, Watching } from './watch.ts';

/** What the path needs to run; `roles/gateway-path.ts` puts it together. */
export interface World {
  readonly trail: TrailOptions;
  readonly inForce: InForceKeeper;
  readonly identity: Identity;
  readonly probing: Probing;
  readonly sessions: Sessions;
  readonly handles: Handles;
  readonly pins: PinGuard;
  readonly flow: FlowContexts;
  readonly watching: Watching;
  readonly inspecting: Inspecting;
  readonly transforming: Transforming;
  readonly quarantine: Pick<Quarantine, 'judge'>;
  readonly gates: Gates;
  readonly holding: Holding;
  readonly open: OpenExchanges;
  readonly upstream: Upstream;
}

export interface Gateway {
  /** One inbound message and all that comes back for it. Never throws: what goes wrong is the last message. */
  handle(inbound: Inbound): AsyncGenerator<Message, void, undefined>;
  /** Records an HTTP exchange that never became a message (wrong name, origin, path, size) and answers it. Never throws. */
  turnAway(fault: unknown, knock: Knock): Promise<ErrorMessage>;
  /** Whose body may be large: rejects with what `handle` would throw of a caller who is not known (ERR_TOKEN_*, ERR_PROOF_*). */
  recognise(caller: Caller): Promise<void>;
  /** What an answer's headers say of authorization: challenges, nonces. */
  tell(answer: Message | undefined, caller: Partial<Caller>): Readonly<Record<string, string>>;
  /** The metadata document of a route (RFC 9728); undefined when there is none. */
  describe(route: Route): JsonObject | undefined;
}

const NEVER = new AbortController().signal;

/**
 * The path (DESIGN part 3): decode, membership, identity, resolve, guard, record, send; then guard, record, yield for
 * every message that comes back. There is no other way to a server; leave out any one line and a test fails.
 */
export function createGateway(world: World): Gateway {
  return {
    async *handle(inbound) {
      const trail = openTrail(world.trail, inbound);
      let said: Message | undefined;
      let { signal } = inbound;
      let caller: Principal | undefined;
      let watched: Watched | undefined;
      try {
        said = trail.said(decodeInbound(inbound));
        const method = knownMethod(said);
        const force = world.inForce.current(inbound.receivedAt);
        const principal = await world.probing.admit(inbound, () => identify(inbound, force, world.identity));
        trail.calledBy(principal);
        caller = principal;
        const asked = await resolve(world, inbound, said, method, principal, force, trail);
        const { exchange } = asked;
        trail.belongsTo(exchange);
        const message = complete(world, said, asked, force);
        const open = world.open.enter(exchange, inbound.signal, 'streams' in method ? LIMITS.streamMaxMs : LIMITS.requestTimeoutMs);
        signal = open.signal;
        try {
          const carried = await world.flow.know(exchange, flowReads(exchange, force));
          watched = world.watching.watch(exchange, carried.flow);
          const decided = deciding(world, message, exchange, carried, watched, await world.inspecting.asked(message, exchange));
          const verdict = yield* world.holding.wait(await decided.decide(), decided, said, exchange, signal);
          const { known } = decided;
          await trail.decided(decided, verdict);
          if (verdict.outcome === 'denial') {
            watched.end('denied', 0);
            yield approvalPrompt(verdict, said, exchange);
            return;
          }
          for await (const raw of world.upstream.send(verdict, decided.exchange, signal)) {
            open.count();
            const answer = await judgeComing(world, raw, said, verdict, exchange, force, known);
            const passed = answer.verdict;
            const arrived = { answer: answer.message, keeps: force.engine.readsProvenance };
            if (passed.outcome === 'permit') await world.flow.carry(exchange, [...known.findings, ...answer.findings], arrived);
            const bytes = await trail.passed(answer);
            if (raw.kind === 'result' && raw.from === 'server') watched.end('permitted', bytes);
            if (passed.outcome === 'permit') yield passed.message;
            else yield* decline(passed, raw, said, verdict, exchange, world.upstream, signal);
          }
        } finally {
          open.leave();
        }
      } catch (thrown) {
        const fault = faultOf(thrown, signal);
        await trail.failed(fault, signal.aborted);
        if (caller !== undefined && watched === undefined) world.watching.refused(caller, inbound.route, inbound.receivedAt);
        yield connectPrompt(fault, said, trail.id) ?? refusalOfFault(fault, said, trail.id);
      } finally {
        watched?.end('failed', 0);
        await trail.end();
      }
    },
    async turnAway(thrown, knock) {
      const trail = openTrail(world.trail, knock);
      const fault = faultOf(thrown, NEVER);
      await trail.failed(fault, false);
      return refusalOfFault(fault, undefined, trail.id);
    },
    async recognise(caller) {
      await recognise(caller, world.inForce.current(caller.receivedAt), world.identity);
    },
    tell: (answer, caller) => tell(answer, caller, world.inForce.snapshot, () => world.identity.nonce(Date.now())),
    describe: (route) => world.inForce.snapshot === undefined ? undefined : metadataOf(route, world.inForce.snapshot),
  };
}
