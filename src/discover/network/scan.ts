import { lookup } from 'node:dns/promises';
import { connect, isIP } from 'node:net';
import { LIMITS } from '../../domain/limits.ts';
import type { Looked as Items, Observation, Unseen } from '../../domain/observation.ts';
import type { Asking, Origin } from './ask.ts';
import { examine } from './exposure.ts';
import { fingerprint } from './fingerprint.ts';
import { observe } from './observe.ts';
import type { NetworkKnowledge } from './observe.ts';
import { createPacer } from './pace.ts';
import { inParallel } from './parallel.ts';
import type { RefusalOf, Target, Targets } from './targets.ts';

export interface NetworkScan {
  readonly targets: Targets;
  readonly knowledge: NetworkKnowledge;
  /** Asked again for every address that a name resolves to. */
  readonly refusalOf: RefusalOf;
  /** This machine's name. */
  readonly machine: string;
  readonly signal: AbortSignal;
}

/** One address and port to look at. */
interface Spot {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly only?: NonNullable<Target['only']>;
}

const CLOCK = { now: () => performance.now(), sleep: (ms: number) => Bun.sleep(ms) };

/**
 * Looks at authorised targets alone, politely: a turn for every connection and request, each address in turn before the next port, one server
 * at a time within a port. Says who asks, shows no credential, follows nothing, and never calls a tool.
 */
export async function* scanNetwork(scan: NetworkScan): Items {
  const { targets, knowledge, signal } = scan;
  const asking: Asking = { turn: createPacer(targets.rate, CLOCK), owner: targets.owner, signal };
  const resolved = await Promise.all(targets.targets.map((target) => resolve(target, scan.refusalOf)));
  yield* resolved.flatMap(({ unseen }) => unseen);
  const spots = spotsOf(resolved.flatMap(({ reached }) => reached), knowledge.discovery.ports);
  yield* inParallel(spots, LIMITS.networkOpenMax, async (spot): Promise<readonly (Observation | Unseen)[]> => {
    if (signal.aborted) return [];
    await asking.turn(spot.address);
    return (await isOpen(spot)) ? lookAt(spot, asking, scan) : [];
  });
}

interface Reached {
  readonly target: Target;
  readonly name?: string;
  readonly address: string;
}

/** A name is pinned to the addresses that it has now, each of them judged. */
async function resolve(target: Target, refusalOf: RefusalOf): Promise<{ readonly reached: readonly Reached[]; readonly unseen: readonly Unseen[] }> {
  const { host: name } = target;
  if (name === undefined) return { reached: target.addresses.map((address) => ({ target, address })), unseen: [] };
  const found = await lookup(name, { all: true, verbatim: true }).catch(() => []);
  if (found.length === 0) return { reached: [], unseen: [{ place: name, reason: 'its name has no address here' }] };
  const judged = found.map(({ address }) => ({ address, refusal: refusalOf(address) }));
  return {
    reached: judged.filter(({ refusal }) => refusal === undefined).map(({ address }) => ({ target, name, address })),
    unseen: judged.flatMap(({ address, refusal }) => (refusal === undefined ? [] : [{ place: name, reason: never(address, refusal) }])),
  };
}

function never(address: string, refusal: string): string {
  return `${address} is ${refusal}, which is never looked at`;
}

/** Port by port through all addresses, so that no machine is asked many times in a row; what two targets name is looked at once. */
function* spotsOf(reached: readonly Reached[], usual: readonly number[]): Generator<Spot> {
  const places = new Map<string, { readonly spot: Omit<Spot, 'port'>; readonly ports: readonly number[] }>();
  for (const { target: { ports = usual, only }, name, address } of reached) {
    const key = `${name ?? ''} ${address} ${only?.scheme ?? ''} ${only?.path ?? ''}`;
    const known = places.get(key)?.ports;
    const spot = { name: name ?? address, address, ...(only === undefined ? {} : { only }) };
    places.set(key, { spot, ports: known === undefined ? ports : [...new Set([...known, ...ports])] });
  }
  const most = [...places.values()].reduce((longest, { ports }) => Math.max(longest, ports.length), 0);
  for (let at = 0; at < most; at += 1) {
    for (const { spot, ports } of places.values()) {
      const port = ports[at];
      if (port !== undefined) yield { ...spot, port };
    }
  }
}

function isOpen({ address, port }: Spot): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host: address, port, family: isIP(address) });
    const end = (isConnected: boolean): void => {
      clearTimeout(late);
      socket.destroy();
      done(isConnected);
    };
    const late = setTimeout(() => end(false), LIMITS.networkConnectMs);
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

/** What listens on the usual ports of TLS is asked so first. */
const OF_TLS: ReadonlySet<number> = new Set([443, 8443]);

async function lookAt(spot: Spot, asking: Asking, { knowledge, machine }: NetworkScan): Promise<readonly (Observation | Unseen)[]> {
  const { name, address, port, only } = spot;
  // What answers slowly, but in time, must not hold up all others.
  const late = AbortSignal.timeout(LIMITS.networkPortMs);
  const bounded = { ...asking, signal: AbortSignal.any([asking.signal, late]) };
  const with_ = { ...bounded, markers: knowledge.discovery.markers, paths: only === undefined ? knowledge.discovery.paths : [only.path] };
  const usual = OF_TLS.has(port) ? (['https', 'http'] as const) : (['http', 'https'] as const);
  for (const scheme of only === undefined ? usual : [only.scheme]) {
    const origin: Origin = { name, address, port, scheme };
    const found = await fingerprint(origin, with_);
    if (late.aborted) return [{ place: `${address}:${port}`, reason: `it is open, and took more than ${LIMITS.networkPortMs / 1000} s` }];
    if (found === 'silent') return [{ place: `${address}:${port}`, reason: `it is open, and answered nothing within ${LIMITS.networkAnswerMs / 1000} s` }];
    if (found === 'nothing') return [];
    if (found === 'closed') continue;
    const exposure = found.recognised === undefined ? undefined : await examine(origin, found.path, found.recognised, bounded);
    return [observe({ origin, found, ...(exposure === undefined ? {} : { exposure }), machine, seenAt: Date.now() }, knowledge)];
  }
  return [];
}
