import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { CHANGES, type Change } from './judged.ts';
import type { Step, Undecidable } from './replay.ts';

/** So many of so many, of one value of a field. */
export interface Share {
  readonly name: string;
  readonly decisions: number;
  readonly changed: number;
  readonly undecidable: number;
}

/** One message whose decision changes, or can't be made again. */
export interface Example {
  readonly id: string;
  readonly exchange: string;
  readonly at: number;
  readonly kind: Step['kind'];
  readonly change: Change | 'undecidable';
  readonly why?: Undecidable;
  readonly principal: string;
  readonly principalKind: string;
  readonly agent: string;
  readonly server: string;
  readonly tool: string;
  readonly was: JsonObject;
  readonly is: JsonObject | null;
}

export interface Report {
  readonly decisions: number;
  readonly unchanged: number;
  readonly changes: Readonly<Record<Change, number>>;
  readonly undecidable: { readonly count: number; readonly share: number; readonly why: Readonly<Record<string, number>> };
  /** By what decides under the other snapshot (of what it no longer denies: by what denied). */
  readonly policies: readonly { readonly policy: string; readonly change: Change; readonly count: number }[];
  readonly agents: readonly Share[];
  readonly servers: readonly Share[];
  readonly tools: readonly Share[];
  /** Policies in shadow that would have matched: then, as recorded, and under the other snapshot. */
  readonly shadow: readonly { readonly policy: string; readonly recorded: number; readonly simulated: number }[];
  readonly examples: readonly Example[];
}

const OTHERS = '(others)';

/** Adds up a replay. What it holds is bounded: further names become `(others)`, further examples are only counted. */
export interface Tally {
  /** `shadowThen`: the policies in shadow that its record tells of. */
  add(step: Step, shadowThen: readonly string[]): void;
  report(): Report;
}

export function createTally(): Tally {
  let [decisions, unchanged] = [0, 0];
  const changes: Record<Change, number> = { denied: 0, permitted: 0, obligations: 0, reasons: 0 };
  const [why, policies, agents, servers, tools] = [counter(), counter(), sums(), sums(), sums()];
  const [recorded, simulated] = [counter(), counter()];
  const examples = createExamples();
  return {
    add(step, shadowThen) {
      const { record, change, undecidable, is } = step;
      decisions += 1;
      if (change !== undefined) changes[change] += 1;
      else if (undecidable === undefined) unchanged += 1;
      else bump(why, undecidable);
      if (change !== undefined) for (const policy of decidersOf(step)) bump(policies, JSON.stringify([policy, change]));
      const isChanged = change !== undefined && change !== 'reasons';
      const place = record.tool === undefined ? undefined : `${record.server ?? ''}/${record.tool}`;
      for (const [of, name] of [[agents, record.agent], [servers, record.server], [tools, place]] as const) {
        if (name !== undefined) sum(of, name, isChanged, undecidable !== undefined);
      }
      for (const policy of shadowThen) bump(recorded, policy);
      for (const policy of is?.shadow ?? []) bump(simulated, policy);
      if (change !== undefined || undecidable !== undefined) examples.show(step);
    },
    report() {
      const count = [...why.values()].reduce((all, one) => all + one, 0);
      const inShadow = [...new Set([...recorded.keys(), ...simulated.keys()])];
      return {
        decisions, unchanged, changes: { ...changes },
        undecidable: { count, share: decisions === 0 ? 0 : count / decisions, why: Object.fromEntries(why) },
        policies: [...policies].map(([key, times]) => ({ ...policyOf(key), count: times })).toSorted((one, other) => other.count - one.count),
        agents: sharesOf(agents), servers: sharesOf(servers), tools: sharesOf(tools),
        shadow: inShadow.map((policy) => ({ policy, recorded: recorded.get(policy) ?? 0, simulated: simulated.get(policy) ?? 0 })),
        examples: examples.all,
      };
    },
  };
}

/** A few of each kind of change at each tool, so that a thousand of one don't hide another. */
function createExamples(): { readonly all: readonly Example[]; show(step: Step): void } {
  const all: Example[] = [];
  const shown = counter();
  return {
    all,
    show({ record, was, is, kind, undecidable, ...step }) {
      const change = step.change ?? 'undecidable';
      const key = JSON.stringify([change, record.server, record.tool]);
      if ((shown.get(key) ?? 0) >= LIMITS.simulatedExamplesEachMax || all.length >= LIMITS.simulatedExamplesMax) return;
      bump(shown, key);
      const { id, exchange, at, principal = '', principalKind = '', agent = '', server = '', tool = '' } = record;
      all.push({
        id, exchange, at, kind, change, ...(undecidable === undefined ? {} : { why: undecidable }), principal, principalKind, agent, server, tool,
        was: { outcome: was.outcome, passed: was.passed, policies: was.policies, gates: was.gates, transforms: was.transforms },
        is: is === undefined ? null : { outcome: is.outcome, policies: is.policies, gates: is.gates, transforms: is.transforms },
      });
    },
  };
}

interface Counted {
  decisions: number;
  changed: number;
  undecidable: number;
}

function sums(): Map<string, Counted> {
  return new Map();
}

function counter(): Map<string, number> {
  return new Map();
}

function sum(of: Map<string, Counted>, name: string, isChanged: boolean, isUndecidable: boolean): void {
  const key = of.has(name) || of.size < LIMITS.simulatedNamesMax ? name : OTHERS;
  const known = of.get(key) ?? { decisions: 0, changed: 0, undecidable: 0 };
  of.set(key, { decisions: known.decisions + 1, changed: known.changed + Number(isChanged), undecidable: known.undecidable + Number(isUndecidable) });
}

function sharesOf(of: ReadonlyMap<string, Counted>): readonly Share[] {
  return [...of].map(([name, counted]) => ({ name, ...counted })).toSorted((one, other) => other.changed - one.changed || other.decisions - one.decisions);
}

function decidersOf({ was, is, change }: Step): readonly string[] {
  const decided = change === 'permitted' ? was.policies : (is?.policies ?? []);
  return decided.length > 0 ? decided : ['(no policy permits it)'];
}

function policyOf(key: string): { readonly policy: string; readonly change: Change } {
  const [policy, change]: readonly string[] = JSON.parse(key);
  return { policy: policy ?? '', change: CHANGES.find((one) => one === change) ?? 'reasons' };
}

function bump(counts: Map<string, number>, name: string): void {
  const key = counts.has(name) || counts.size < LIMITS.simulatedNamesMax ? name : OTHERS;
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
