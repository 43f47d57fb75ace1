import type { CallAsked, CallEnded } from '../detect/anomaly/event.ts';
import type { Unusual } from '../detect/anomaly/notice.ts';
import type { AnomalyScorer } from '../detect/anomaly/scorer.ts';
import { modeOf } from '../domain/detect.ts';
import type { Exchange } from '../domain/exchange.ts';
import type { Finding } from '../domain/finding.ts';
import type { Route } from '../domain/inbound.ts';
import { LIMITS } from '../domain/limits.ts';
import { REGISTRY_PRINCIPAL_ID, type Principal } from '../domain/principal.ts';
import type { Journal, JournalRecord } from '../domain/record.ts';
import { UNLABELLED, type Labels } from '../domain/server.ts';
import { labelsOf } from '../flow/context.ts';
import { join } from '../flow/labels.ts';
import type { Inspected } from './inspecting.ts';
import { uuidv7 } from './uuid.ts';
import { measure } from './watch-measure.ts';
import { callerOf } from './trail-words.ts';

/**
 * What is unusual in what callers do: each call is scored before policy sees it, and what it came to afterwards. Nothing here
 * denies anything, and nothing here throws: a scorer that fails is a finding of its own (invariant 6), so that a policy on
 * findings holds what can't be judged.
 */
export interface Watching {
  /** Begins to watch an exchange: what policy is to see of it. */
  watch(exchange: Exchange, flow: Labels): Watched;
  /** What policy was shown of an exchange that is still open: a server's question in it is judged with the same. */
  findings(exchange: Exchange): readonly Finding[];
  /** A known caller was refused before there was an exchange: an unknown name, a message that is none. */
  refused(principal: Principal, route: Route, at: number): void;
}

export interface Watched extends Inspected {
  /** It was denied, or ended without an answer, or with one of so many bytes. */
  end(outcome: CallEnded['outcome'], resultBytes: number): void;
}

export interface WatchingOptions {
  readonly scorer: AnomalyScorer;
  readonly journal: Journal;
  readonly node: string;
  readonly now: () => number;
  /** Keyed hash of a destination. */
  readonly hash: (destination: string) => string;
}

const UNSCORED: Finding = { detector: 'anomaly', rule: 'unscored', severity: 'high', at: [], expected: 'a score', seen: 'the scorer failed' };
const UNWATCHED: Watched = { findings: [], shadow: [], end: () => undefined };
const FAILED: Unusual = { findings: [UNSCORED], raised: [UNSCORED] };
const MINUTE_MS = 60_000;

export function createWatching({ scorer, journal, node, now, hash }: WatchingOptions): Watching {
  const mayRaise = createAllowance(now);
  const tell = (raised: readonly Finding[], more: Partial<JournalRecord> & Pick<JournalRecord, 'space' | 'exchange'>): void => {
    const findings = raised.filter((finding) => mayRaise(finding));
    if (findings.length === 0) return;
    const at = now();
    // What it tells of has its own records; where this one can't be written, neither can those, and nothing passes.
    journal.append({ id: uuidv7(at), at, category: 'detection', event: 'finding.raised', node, findings, ...more }).catch(() => undefined);
  };
  const shown = new WeakMap<Exchange, readonly Finding[]>();
  return {
    findings: (exchange) => shown.get(exchange) ?? [],
    watch(exchange, flow) {
      const mode = modeOf(exchange.snapshot.detect?.[exchange.space] ?? {}, exchange.server.id, 'anomaly');
      if (exchange.principal.id === REGISTRY_PRINCIPAL_ID || mode === 'off') return UNWATCHED;
      const call = attempt(() => measure(exchange, flow, hash));
      const asked = call === undefined ? undefined : attempt(() => scorer.ask(call));
      const unusual = asked ?? FAILED;
      tell(unusual.raised, namesOf(exchange));
      const isShadow = mode === 'shadow';
      if (unusual.findings.length > 0 && !isShadow) shown.set(exchange, unusual.findings);
      let isOpen = true;
      return {
        findings: isShadow ? [] : unusual.findings, shadow: isShadow ? unusual.findings : [],
        end(outcome, resultBytes) {
          if (!isOpen || call === undefined || asked === undefined) return;
          isOpen = false;
          const labelsAfter = outcome === 'permitted' ? join(flow, labelsOf(exchange) ?? flow) : flow;
          const after = attempt(() => scorer.settle(call, asked.place, { outcome, resultBytes, labelsAfter })) ?? FAILED;
          tell(after.raised, namesOf(exchange));
        },
      };
    },
    refused(principal, { space, name }, at) {
      const call: CallAsked = {
        at, space, principal: principal.id, principalKind: principal.kind, agent: principal.agent, server: name, method: '', action: 'connect',
        arguments: [], unknownArguments: 0, argumentBytes: 0, destinations: [], labelsBefore: UNLABELLED,
      };
      const after = attempt(() => {
        const asked = scorer.ask(call);
        return [asked, scorer.settle(call, asked.place, { outcome: 'refused', resultBytes: 0, labelsAfter: UNLABELLED })];
      }) ?? [FAILED];
      tell(after.flatMap(({ raised }) => raised), { space, exchange: uuidv7(at), ...callerOf(principal) });
    },
  };
}

function attempt<Made>(make: () => Made): Made | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

function namesOf({ id, space, principal, flow, server, call }: Exchange): Partial<JournalRecord> & Pick<JournalRecord, 'space' | 'exchange'> {
  const tool = call.resource.kind === 'tool' && call.resource.name !== '' ? { tool: call.resource.name } : {};
  return { space, exchange: id, context: flow, ...callerOf(principal), server: server.id, ...tool };
}

/** So many findings a minute are recorded by one gateway; and that it can't score, once. */
function createAllowance(now: () => number): (finding: Finding) => boolean {
  let [since, told, unscored] = [0, 0, false];
  return ({ rule }) => {
    if (now() - since >= MINUTE_MS) [since, told, unscored] = [now(), 0, false];
    if (rule === 'unscored' && unscored) return false;
    unscored ||= rule === 'unscored';
    told += 1;
    return told <= LIMITS.findingsPerMinuteMax;
  };
}
