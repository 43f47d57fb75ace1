import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { CHECKS } from './checks.ts';
import type { CheckId, ProbeId } from './checks.ts';
import { digestOf, permittedUntil, refusalBy } from './permission.ts';
import type { Permission } from './permission.ts';
import type { Finder } from './place.ts';
import { probe as p01 } from './probes/p01-transport.ts';
import { probe as p02 } from './probes/p02-strangers.ts';
import { probe as p03 } from './probes/p03-resource.ts';
import { probe as p04 } from './probes/p04-issuer.ts';
import { probe as p05 } from './probes/p05-revisions.ts';
import { probe as p06 } from './probes/p06-foreign.ts';
import { probe as p07 } from './probes/p07-headers.ts';
import { probe as p08 } from './probes/p08-sessions.ts';
import { probe as p09 } from './probes/p09-tokens.ts';
import { probe as p10 } from './probes/p10-errors.ts';
import { probe as p11 } from './probes/p11-limits.ts';
import { probe as p12 } from './probes/p12-tools.ts';
import { probe as p13 } from './probes/p13-annotations.ts';
import { probe as p14 } from './probes/p14-practice.ts';
import { probe as p15 } from './probes/p15-redirects.ts';
import { probe as p16 } from './probes/p16-fetches.ts';
import { FACTS, PROBE_REPORT } from './result.ts';
import type { Observed, Outcome, Probed, ProbeFacts, ProbeReport } from './result.ts';
import { allOf, createScene, leaveScene } from './scene.ts';
import type { Accounts, Probe, ProbeKnowledge, Scene, Seen } from './scene.ts';
import { createWire } from './wire.ts';

/** In the order in which they run: those that read what all others heard, and those that may make an endpoint shut its door, come last. */
const ORDER: readonly (readonly [ProbeId, Probe])[] = [
  ['P01', p01], ['P02', p02], ['P03', p03], ['P04', p04], ['P05', p05], ['P06', p06], ['P07', p07], ['P12', p12], ['P13', p13], ['P14', p14], ['P08', p08],
  ['P09', p09], ['P16', p16], ['P10', p10], ['P15', p15], ['P11', p11],
];

export interface ProbeRun extends Finder {
  readonly vendor: string;
  readonly endpoint: string;
  readonly permission: Permission;
  readonly accounts: Accounts;
  readonly knowledge: ProbeKnowledge;
  /** Absent: all. */
  readonly only?: ReadonlySet<ProbeId>;
  /** Waits until something may be sent to an address. */
  readonly turn: (address: string) => Promise<void>;
  /** How long P11 leaves a body unfinished. */
  readonly slowBodyMs?: number;
  /** How long an answer may take. */
  readonly answerMs?: number;
  readonly signal: AbortSignal;
  /** Hears of each probe before it begins. */
  readonly onProbe?: (probe: ProbeId) => void;
}

/** Probes one endpoint. Throws `ERR_PROBE_FORBIDDEN` before anything is sent where the permission does not allow it. */
export async function probeEndpoint(run: ProbeRun): Promise<ProbeReport> {
  const { vendor, endpoint, permission, accounts, knowledge, only, slowBodyMs = LIMITS.vendorSlowBodyMs } = run;
  const startedAt = Date.now();
  const refusal = refusalBy(permission, { vendor, endpoint }, startedAt);
  if (refusal !== undefined) {
    throw new SallyportError('ERR_PROBE_FORBIDDEN', refusal, {
      remedy: 'Ask the vendor for leave, and record it with `sallyport vendor permit` (docs/vendor-probes.md).',
    });
  }
  const signal = AbortSignal.any([run.signal, AbortSignal.timeout(LIMITS.vendorProbeMs)]);
  const wire = createWire({ ...run, signal });
  const scene = createScene({ url: endpoint, permission, accounts, knowledge, wire, now: startedAt, slowBodyMs, signal });
  const probed: Probed[] = [];
  let facts: ProbeFacts = {};
  for (const [id, probe] of ORDER.filter(([one]) => only?.has(one) ?? true)) {
    run.onProbe?.(id);
    const seen = await look(scene, id, probe);
    // What a stranger made too large or odd for a report is no fact.
    facts = FACTS.safeParse({ ...facts, ...seen.facts }).data ?? facts;
    probed.push({ probe: id, outcome: outcomeOf(seen.checks), checks: seen.checks });
  }
  await leaveScene(scene);
  return withoutTokens({
    format: 'sallyport/vendor-probe/1', vendor, endpoint, startedAt, endedAt: Date.now(),
    permission: { by: permission.by, until: permittedUntil(permission), digest: digestOf(permission) },
    withAccount: accounts.token !== undefined, requests: wire.sent(), facts,
    probes: probed.toSorted((one, other) => (one.probe < other.probe ? -1 : 1)),
  }, accounts);
}

/** What an endpoint says must not end the run: a probe that cannot cope with it knows nothing. */
async function look(scene: Scene, id: ProbeId, probe: Probe): Promise<Seen> {
  try {
    return await probe(scene);
  } catch (error) {
    return { checks: allOf(checksOf(id), 'unknown', `it could not be judged: ${error instanceof Error ? error.message : 'unknown'}`) };
  }
}

export function checksOf(id: ProbeId): readonly CheckId[] {
  return CHECK_IDS.filter((check) => CHECKS[check].probe === id);
}

const isCheck = (name: string): name is CheckId => Object.hasOwn(CHECKS, name);
const CHECK_IDS = Object.keys(CHECKS).filter(isCheck);
export const PROBE_IDS: readonly ProbeId[] = ORDER.map(([id]) => id).toSorted();

function outcomeOf(checks: readonly Observed[]): Outcome {
  const outcomes = new Set(checks.map(({ outcome }) => outcome));
  return (['fail', 'pass', 'unknown'] as const).find((one) => outcomes.has(one)) ?? 'not-applicable';
}

/** An endpoint may send back what it was shown. */
function withoutTokens(report: ProbeReport, accounts: Accounts): ProbeReport {
  const tokens = [accounts.token, accounts.other, accounts.foreign, accounts.expired].filter((token) => token !== undefined && token !== '');
  const without = (text: string): string => tokens.reduce((rest: string, token) => (token === undefined ? rest : rest.replaceAll(token, '[…]')), text);
  return PROBE_REPORT.parse(JSON.parse(JSON.stringify(report), (_, value: unknown) => (typeof value === 'string' ? without(value) : value)));
}
