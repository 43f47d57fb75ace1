import { SallyportError } from '../domain/errors.ts';
import { isObject, type Json, type JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { isAway, type Keeping, type Visit } from '../flow/keeper.ts';
import type { KeptRaises } from '../gateway/kept-raises.ts';
import type { Link } from '../link/connect.ts';
import { readCarried } from './gateway-carried.ts';

/**
 * The gateway's half of docs/decisions/0016-flow-without-control.md: signs of life as long as control knows all that was given out
 * here; what it could not be told is kept, once it is certain that it no longer vouches for us, and told before anything is asked.
 */
export interface GatewayPresence extends Keeping {
  /** Says goodbye, where nothing is left to tell. */
  close(): Promise<void>;
}

/** One that measures intervals, and is not set back; one that goes on while a machine sleeps. */
export interface Clocks {
  readonly steady: () => number;
  readonly wall: () => number;
}

const LOOK_MS = 50;
/** How often it is looked whether control is back. */
const RETURN_MS = 100;

export function joinPresence(
  control: Pick<Link, 'call'>, kept: KeptRaises, signal: AbortSignal,
  clocks: Clocks = { steady: () => performance.now(), wall: Date.now },
): GatewayPresence {
  let token: string | undefined;
  // An earlier process of this gateway may have been heard until just now.
  let heard = [clocks.steady(), clocks.wall()] as const;
  let returnedAt = clocks.wall();
  let delivering: Promise<void> | undefined;
  const silence = (): number => Math.min(clocks.steady() - heard[0], clocks.wall() - heard[1]);
  const isSilent = (): boolean => silence() >= LIMITS.flowSilenceMs;

  const deliver = (): Promise<void> => {
    delivering ??= tellAll(control, kept).finally(() => {
      delivering = undefined;
    });
    return delivering;
  };
  const sign = async (): Promise<void> => {
    await deliver();
    // What is kept from here on waits until control can vouch no more, whenever this arrives.
    const isClean = kept.waiting.length === 0 && token !== undefined;
    const answer = await control.call('control.present', { gateway: kept.id, ...(isClean && token !== undefined ? { token } : {}) },
      { timeoutMs: LIMITS.flowVouchMs });
    const next = isObject(answer) ? answer['token'] : undefined;
    if (typeof next !== 'string') throw new SallyportError('ERR_LINK_FRAME', 'control.present was answered with something else');
    if (silence() >= LIMITS.flowVouchMs) returnedAt = clocks.wall();
    token = next;
    heard = [clocks.steady(), clocks.wall()];
    // The first token of a process, or of a control, is brought back at once.
    if (!isClean && kept.waiting.length === 0) await sign();
  };
  const live = async (): Promise<void> => {
    while (!signal.aborted) {
      const fault: unknown = await sign().then(() => undefined, (thrown: unknown) => thrown);
      const isGone = fault !== undefined && isAway(fault);
      if (fault !== undefined && !isGone) console.error(fault instanceof SallyportError ? `${fault.code}: ${fault.message}` : fault);
      // Whoever comes back vouches for nothing before it has heard of everybody.
      await Bun.sleep(isGone ? RETURN_MS : LIMITS.flowSignMs);
    }
  };
  void live();
  return {
    async visit(visit) {
      if (kept.waiting.length > 0) await deliver();
      // One that is there and says nothing is away: it can vouch for us no longer than that.
      return readCarried(await control.call('control.context', bodyOf(visit, kept.id), { timeoutMs: LIMITS.flowVouchMs }));
    },
    async keep(visit, seenAt) {
      const before = heard;
      while (!isSilent()) {
        if (heard !== before) return false;
        await Bun.sleep(LOOK_MS);
      }
      if (seenAt < returnedAt) {
        throw new SallyportError('ERR_FLOW_UNKNOWN', 'What this agent reads can\'t be remembered while control is away.', {
          remedy: 'Try again in a moment.', internal: 'its context was not visited since control was away before',
        });
      }
      kept.keep(lateOf(visit, kept.id));
      return true;
    },
    async close() {
      if (kept.waiting.length > 0) return;
      await control.call('control.present', { gateway: kept.id, leaves: true }, { timeoutMs: LIMITS.flowSignMs }).catch(() => undefined);
    },
  };
}

async function tellAll(control: Pick<Link, 'call'>, kept: KeptRaises): Promise<void> {
  while (kept.waiting.length > 0) {
    const all = kept.waiting.slice();
    for (const visit of all) await control.call('control.context', visit);
    kept.drop(all.length);
  }
}

function bodyOf({ space, key, principal, knew, add, asks, recall }: Visit, gateway: string): JsonObject {
  const { id, agent, actors, signIn: grant } = principal;
  return {
    space, key, principal: id, agent, actors, gateway, asks, ...(grant === undefined ? {} : { grant }), ...(knew === undefined ? {} : { knew }),
    add: { ...add }, ...(recall === undefined ? {} : { recall: recallOf(recall) }),
  };
}

function recallOf(recall: NonNullable<Visit['recall']>): Json {
  return { ...recall, entries: recall.entries.map((entry) => ({ ...entry, labels: { ...entry.labels } })) };
}

/** As it is told afterwards: nothing is to be read back. */
function lateOf(visit: Visit, gateway: string): JsonObject {
  const { recall } = visit;
  const said = bodyOf(recall === undefined ? visit : { ...visit, recall: { ...recall, after: Number.MAX_SAFE_INTEGER } }, gateway);
  return { ...said, late: true };
}
