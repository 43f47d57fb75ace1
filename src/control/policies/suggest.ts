import type { AccessRequest } from '../../domain/decision.ts';
import { isArray, isObject, type Json } from '../../domain/json.ts';
import type { Principal } from '../../domain/principal.ts';
import { CLEAN, createReach, type Reach } from '../../policy/analyse/reach.ts';
import { limitsFor, type Limit } from '../../policy/least/limits.ts';
import { observe, type Seen } from '../../policy/least/observe.ts';
import { quote } from '../../policy/quote.ts';
import { createTally, type Report } from '../../policy/simulate/report.ts';
import { suggestPolicies, type ObservedCall } from '../../policy/suggest.ts';
import { showHidden } from '../../domain/hidden.ts';
import { whoOf } from '../change.ts';
import type { By, Control } from '../control.ts';
import { candidateOf, compileWhole, type Candidate } from './candidate.ts';
import type { SuggestWish } from './schema.ts';
import { mayOpen, replayed, withFaults, type Progress } from './simulate.ts';

/** One suggestion, and the proof of it: what was seen, decided again under it. */
interface Suggestion {
  readonly text: string;
  readonly limits: readonly Limit[];
  readonly calls: number;
  /** What somebody may do today, was not seen to, and could not any more. */
  readonly unused: readonly { readonly who: string; readonly tools: readonly string[] }[];
  /** What the suggestion would give that nobody has: none, or it is no suggestion. */
  readonly wider: readonly string[];
  readonly verified: Pick<Report, 'decisions' | 'changes' | 'undecidable'>;
  /** False: there was more than is kept, or some records could not be read. */
  readonly complete: boolean;
}

const FILE = 'least-privilege.cedar';

/**
 * The least that was needed in a window: policies that forbid the rest (`limits`), or that permit just this and could stand instead of what
 * permits today (`permits`). What was permitted in the window is decided again under them; what they would deny of it is taken out before
 * anybody sees it. Changes nothing.
 */
export async function suggest(control: Control, by: By, wish: SuggestWish, signal: AbortSignal): Promise<AsyncIterable<Json>> {
  const opens = await mayOpen(control, by, wish.reason);
  await control.record({
    event: 'policy.simulated', space: by.space, ...whoOf(by.admin), ...(wish.reason === undefined ? {} : { reason: wish.reason }),
    detail: { since: wish.since, until: wish.until ?? control.now(), payloads: opens, of: ['suggestion'] },
  });
  return withFaults(suggestion(control, by, await candidateOf(control, by, {}), wish, opens, signal));
}

async function* suggestion(control: Control, by: By, before: Candidate, wish: SuggestWish, opens: boolean, signal: AbortSignal): AsyncGenerator<Json> {
  const observed = observe(wish.by);
  const calls: Map<string, ObservedCall> = new Map();
  let [count, isWhole] = [0, true];
  for await (const one of replayed(control, by, before, wish, opens, signal)) {
    if ('damaged' in one) isWhole &&= one.damaged === 0;
    else if ('at' in one) yield { progress: { ...one } };
    else if (one.step.kind === 'call' && one.step.was.passed && one.request !== undefined) {
      const { request, step } = one;
      count += 1;
      observed.add(request, opens && request.context.arguments !== undefined && !request.context.findings.some(({ labels }) => labels !== undefined));
      const { agent } = step.record;
      const call = { agent: agent ?? '', action: request.action, server: request.resource.server, name: request.resource.name };
      if (calls.size < CALLS_MAX) calls.set(JSON.stringify(call), call);
    }
  }
  const found = new Set<string>();
  const seen = observed.seen();
  const reach = createReach(before.program, before.ceilings);
  const make = (): { readonly text: string; readonly limits: readonly Limit[] } => {
    if (wish.form === 'permits') return { text: suggestPolicies([...calls.values()]), limits: [] };
    const limits = seen.flatMap((one) => limitsFor(one, { servers: before.configuration.servers, unconstrained: found, reaches: reachesBy(reach, before) }));
    return { text: limits.map(({ text, why }) => `// ${showHidden(why.replaceAll(/\s+/g, ' '))}\n${text}`).join('\n'), limits };
  };
  let made = make();
  let after = await withSuggestion(before, by, made.text, wish.form === 'permits' ? agentsOf(calls) : []);
  let checked = yield* check(control, by, after, wish, opens, signal);
  if (checked.denied.size > 0 && wish.form === 'limits') {
    // What the arguments of these had in common was no rule after all.
    for (const tool of checked.denied) found.add(tool);
    made = make();
    after = await withSuggestion(before, by, made.text, []);
    checked = yield* check(control, by, after, wish, opens, signal);
  }
  const then = createReach(after.program, after.ceilings);
  const { decisions, changes, undecidable } = checked.report;
  const whole: Suggestion = {
    ...made, calls: count, ...compare(seen, before, reach, then), verified: { decisions, changes, undecidable },
    complete: isWhole && !observed.isFull && calls.size < CALLS_MAX,
  };
  yield { report: { ...JSON.parse(JSON.stringify(whole)), file: FILE, payloads: opens } };
}

const CALLS_MAX = 10_000;

/** The window under the suggestion, and the tools of which it would deny something that was permitted. */
async function* check(
  control: Control, by: By, candidate: Candidate, wish: SuggestWish, opens: boolean, signal: AbortSignal,
): AsyncGenerator<Json, { readonly report: Report; readonly denied: ReadonlySet<string> }> {
  const tally = createTally();
  const denied = new Set<string>();
  for await (const one of replayed(control, by, candidate, wish, opens, signal)) {
    if ('damaged' in one) continue;
    if ('at' in one) {
      yield { progress: { ...one } satisfies Progress };
      continue;
    }
    const { record, change } = one.step;
    tally.add(one.step, []);
    if (change === 'denied') denied.add(`${record.server ?? ''}/${record.tool ?? ''}`);
  }
  return { report: tally.report(), denied };
}

/** What is stored, with the suggestion beside it; of these agents nothing else permits anything any more. Throws what is wrong with it. */
async function withSuggestion(before: Candidate, { space }: By, source: string, instead: readonly string[]): Promise<Candidate> {
  const { configuration } = before;
  const file = { id: FILE, space, body: { file: FILE, source } };
  const rules = { ...configuration.rules, policies: [...configuration.rules.policies.filter(({ body }) => body.file !== FILE), file] };
  const { program } = await compileWhole({ ...configuration, rules });
  return { ...before, program: instead.length === 0 ? program : withoutOthers(program, instead) };
}

/** Every other permit, but not for these agents. */
function withoutOthers(program: Json, agents: readonly string[]): Json {
  if (!isObject(program) || !isArray(program['policies'])) return program;
  const names: Json = ['set', agents.map((agent): Json => ['value', agent])];
  const others: Json = ['not', ['contains', names, ['context', 'agent']]];
  const policies = program['policies'].filter(isObject).map((policy): Json => {
    const { id, effect, only, condition = ['value', true] } = policy;
    const stays = effect !== 'permit' || only !== undefined || (typeof id === 'string' && id.includes('suggested:'));
    return stays ? policy : { ...policy, condition: ['and', others, condition] };
  });
  return { ...program, policies };
}

function agentsOf(calls: ReadonlyMap<string, ObservedCall>): readonly string[] {
  return [...new Set([...calls.values()].map(({ agent }) => agent))];
}

/** Whether anything of a server is anybody's of these. */
function reachesBy(reach: Reach, { configuration }: Candidate): (seen: Seen, server: Candidate['configuration']['servers'][number]) => boolean {
  return ({ principals }, server) => principals.some((principal) => server.space === principal.space
    && resourcesOf(configuration).some((resource) => resource.server === server.id && reach(principal, resource, CLEAN).state !== 'closed'));
}

function compare(seen: readonly Seen[], { configuration }: Candidate, before: Reach, after: Reach): Pick<Suggestion, 'unused' | 'wider'> {
  const wider = new Set<string>();
  const unused = seen.map(({ grantee, principals }) => {
    const who = 'agent' in grantee ? `agent ${grantee.agent}` : `group ${'group' in grantee ? grantee.group : ''}`;
    const lost = new Set<string>();
    for (const resource of resourcesOf(configuration)) {
      const name = `${resource.server}/${resource.name}`;
      const could = (reach: Reach): boolean => principals.some((principal: Principal) => reach(principal, resource, CLEAN).state !== 'closed');
      const [then, now] = [could(before), could(after)];
      if (then && !now) lost.add(name);
      if (!then && now) wider.add(`${who}: ${quote(name)}`);
    }
    return { who, tools: [...lost] };
  });
  return { unused: unused.filter(({ tools }) => tools.length > 0), wider: [...wider] };
}

function resourcesOf({ servers }: Candidate['configuration']): readonly AccessRequest['resource'][] {
  return servers.filter(({ status }) => status === 'approved').flatMap((server) => (server.baseline?.surface.tools ?? []).map(({ name, effect, labels }) => (
    { kind: 'tool', server: server.id, name, effect, labels, toolsets: [] } as const
  )));
}
