import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import type { PinKind, Server, Surface } from '../domain/server.ts';
import { compareSurfaces, verdictOf } from './drift.ts';
import type { Drift, DriftVerdict } from './drift.ts';

/** How a server differs, right now and for one credential, from what was approved. */
export interface DriftSet {
  readonly verifiedAt: number;
  readonly drifts: readonly Drift[];
  /** `undefined`: the pin is as approved. */
  verdict(kind: PinKind, name: string): DriftVerdict | undefined;
}

export interface PinKeeperOptions {
  /** Age at which a verification must be renewed before the next call, and the age beyond which a failure to do so denies. */
  readonly staleMs: number;
  readonly unverifiedMs: number;
  /** Reads everything a server says now, with that caller's own upstream credential, through the gate. */
  refresh(server: Server, credentialKey: string): Promise<Surface>;
  /** Told of each verification that found drift, or other drift than before. */
  found?(server: Server, credentialKey: string, set: DriftSet): void;
  now(): number;
}

export interface PinKeeper {
  /** The drift set if it is fresh, without waiting; renews it in the background when it will soon be stale. */
  current(server: Server, credentialKey: string): DriftSet | undefined;
  /**
   * A drift set that is fresh, or whose renewal failed but which is younger than `unverifiedMs`. One refresh at a time for
   * each server and credential. Throws `ERR_PIN_UNVERIFIED`, and `ERR_SERVER_NOT_APPROVED` without a baseline.
   */
  ensureFresh(server: Server, credentialKey: string): Promise<DriftSet>;
  /** The server said `list_changed`, or somebody asked: the next call waits for a new verification, for every credential. */
  invalidate(server: Pick<Server, 'space' | 'id'>): void;
}

interface State {
  readonly serverKey: string;
  /** Raised by `invalidate`; a refresh that began under an older one proves nothing any more. */
  generation: number;
  verified?: { readonly set: DriftSet; readonly baseline: string; readonly generation: number };
  flight?: { done: Promise<void>; readonly baseline: string; readonly generation: number };
  failure?: { readonly at: number; readonly error: unknown; readonly generation: number };
}

/** Keeps how fresh pins are, for each server, credential and baseline; a new approval begins anew. */
export function createPinKeeper(options: PinKeeperOptions): PinKeeper {
  const states = new Map<string, State>();

  function stateOf(server: Server, credentialKey: string): State {
    const serverKey = keyOf(server);
    const key = `${serverKey}\0${credentialKey}`;
    const state = states.get(key) ?? { serverKey, generation: 0 };
    // Last used, last in the map: what is dropped at the limit is what nobody asks for.
    states.delete(key);
    states.set(key, state);
    const oldest = states.size > LIMITS.pinStatesMax ? states.keys().next().value : undefined;
    if (oldest !== undefined) states.delete(oldest);
    return state;
  }

  function freshSet(server: Server, state: State): DriftSet | undefined {
    const { verified } = state;
    const holds = verified?.baseline === server.baseline?.digest && verified?.generation === state.generation;
    return verified && holds && options.now() - verified.set.verifiedAt < options.staleMs ? verified.set : undefined;
  }

  function startRefresh(server: Server, credentialKey: string, state: State): Promise<void> {
    const baseline = baselineOf(server);
    const { generation } = state;
    if (state.flight?.baseline === baseline.digest && state.flight.generation === generation) return state.flight.done;
    const startedAt = options.now();
    const flight = { baseline: baseline.digest, generation, done: Promise.resolve() };
    state.flight = flight;
    flight.done = run();
    return flight.done;

    async function run(): Promise<void> {
      try {
        const observed = await options.refresh(server, credentialKey);
        const set = driftSetOf(compareSurfaces(baseline.surface, observed), startedAt);
        const before = state.verified?.baseline === baseline.digest ? fingerprintOf(state.verified.set) : '';
        // Told first: drift that could not be recorded was not verified.
        if (fingerprintOf(set) !== before) options.found?.(server, credentialKey, set);
        state.verified = { set, baseline: baseline.digest, generation };
        delete state.failure;
      } catch (error) {
        state.failure = { at: options.now(), error, generation };
      } finally {
        if (state.flight === flight) delete state.flight;
      }
    }
  }

  return {
    current(server, credentialKey) {
      const state = stateOf(server, credentialKey);
      const set = freshSet(server, state);
      if (set && options.now() - set.verifiedAt >= options.staleMs * RENEW_AT && !failedJustNow(state, options.now())) {
        void startRefresh(server, credentialKey, state);
      }
      return set;
    },

    async ensureFresh(server, credentialKey) {
      const baseline = baselineOf(server);
      const fresh = this.current(server, credentialKey);
      if (fresh) return fresh;
      const state = stateOf(server, credentialKey);
      if (!failedJustNow(state, options.now())) await startRefresh(server, credentialKey, state);
      const { verified } = state;
      const age = verified?.baseline === baseline.digest ? options.now() - verified.set.verifiedAt : Infinity;
      if (verified && age < options.unverifiedMs) return verified.set;
      throw new SallyportError('ERR_PIN_UNVERIFIED', `server ${server.id} could not be checked against what was approved of it`, {
        remedy: 'try again; if it stays, see whether the server answers: sallyport server scan',
        cause: state.failure?.error,
      });
    },

    invalidate(server) {
      const serverKey = keyOf(server);
      for (const state of states.values()) if (state.serverKey === serverKey) state.generation += 1;
    },
  };
}

/** The part of its life after which a verification in use is renewed without anyone waiting for it. */
const RENEW_AT = 0.75;

function keyOf(server: Pick<Server, 'space' | 'id'>): string {
  return `${server.space}\0${server.id}`;
}

function baselineOf(server: Server): NonNullable<Server['baseline']> {
  if (server.baseline) return server.baseline;
  throw new SallyportError('ERR_SERVER_NOT_APPROVED', `server ${server.id} is not approved yet`);
}

/** A server that is down is asked again after a moment only, whatever number of calls wait for it. */
function failedJustNow(state: State, now: number): boolean {
  const { failure } = state;
  // An account that was missing may be connected the next moment: then what the server says is read before it is called.
  if (failure?.error instanceof SallyportError && failure.error.code === 'ERR_UPSTREAM_CONNECT') return false;
  return failure !== undefined && failure.generation === state.generation && now - failure.at < LIMITS.pinRetryMs;
}

function driftSetOf(drifts: readonly Drift[], verifiedAt: number): DriftSet {
  const verdicts = new Map(drifts.map((drift) => [`${drift.kind}\0${drift.name}`, verdictOf(drift)]));
  return { verifiedAt, drifts, verdict: (kind, name) => verdicts.get(`${kind}\0${name}`) };
}

function fingerprintOf(set: DriftSet): string {
  return set.drifts.map((drift) => `${drift.kind} ${drift.name} ${drift.class} ${drift.observed?.digest ?? ''}`).join('\n');
}
