import type { Agent } from '../../domain/agent.ts';
import { isArray, isObject, type Json } from '../../domain/json.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Compiled } from '../../policy/compile.ts';
import { digestOfText, parsePolicy } from '../../policy/parse.ts';
import { splitPolicies } from '../../policy/split.ts';
import { parseManifest } from '../../registry/manifest.ts';
import { timesOf } from '../audit/times.ts';
import type { By, Control } from '../control.ts';
import { declaredConfiguration } from '../manifest/declared.ts';
import type { ManifestFiles } from '../manifest/files.ts';
import { compileRules } from '../snapshot/compile.ts';
import type { Configuration } from '../snapshot/configuration.ts';
import { analyse, type Analysed, type Analysis } from './analyse.ts';
import { candidateOf, compileWhole } from './candidate.ts';
import { policySources } from './sources.ts';
import type { AnalyseWish } from './schema.ts';

/** Policies that ship and follow what contexts carry: each may end a path without forbidding any tool. */
const FLOW_POLICIES = ['untrusted-destination', 'rule-of-two', 'uncleared-sink'] as const;
const USES_MS = 30 * 24 * 60 * 60_000;

/** What agents could do by a candidate, with how often they used what where the records may be asked. */
export async function analyseCandidate(control: Control, by: By, { candidate = {}, agent }: AnalyseWish): Promise<Analysis> {
  const { program, configuration, agents } = await candidateOf(control, by, candidate);
  const usesOf = await usesIn(control, by);
  const { servers, toolsets, tokens } = configuration;
  const of = { space: by.space, servers, toolsets, agents, tokens, program, now: control.now(), ...(usesOf === undefined ? {} : { usesOf }) };
  const analysis = await analyseWith(of, () => withFlows(configuration, control.compiler.compiled));
  return agent === undefined ? analysis : onlyOf(analysis, agent);
}

/** The same of a manifest alone: for CI, before anything runs. Tools are those that it declares. */
export async function analyseManifest(files: ManifestFiles, now: number): Promise<Analysis> {
  const declared = declaredConfiguration(files, now);
  // Nobody knows yet what arguments a tool takes: policies that read them wait, as they do at a gate before its approval.
  const configuration = { ...declared, servers: declared.servers.map(({ baseline: _baseline, ...server }) => server) };
  const compiled = await compileWhole(configuration);
  const { program } = compiled;
  const agents = Object.entries(parseManifest(files.text, files.file).agents ?? {}).map(([id, { owner, purpose, clients = [], allow, expires }]): Agent => (
    { id, space: DEFAULT_SPACE, owner, purpose, clients, allow, expiresAt: Date.parse(expires), conversations: false }
  ));
  const { servers, toolsets } = declared;
  const waiting = waitingPermits(configuration);
  const of = { space: DEFAULT_SPACE, servers, toolsets, agents, tokens: [], program: withPermits(program, waiting), now };
  return analyseWith(of, async () => new Map([...(await withFlows(configuration, compiled))].map(([name, flow]) => [name, withPermits(flow, waiting)])));
}

/** Policies that could end a path are compiled only where there is one. */
async function analyseWith(of: Omit<Analysed, 'flows'>, flows: () => Promise<Analysed['flows']>): Promise<Analysis> {
  const plain = analyse({ ...of, flows: new Map() });
  return plain.paths.length === 0 ? plain : analyse({ ...of, flows: await flows() });
}

/** Permits that wait for the arguments of their tool: some arguments will satisfy them. */
function waitingPermits(configuration: Pick<Configuration, 'rules' | 'servers' | 'toolsets'>): readonly Json[] {
  return policySources(configuration.rules, configuration).flatMap(({ file, text }) => splitPolicies(file, text)).flatMap((chunk): readonly Json[] => {
    const { draft, reads } = parsePolicy(chunk, digestOfText(chunk.text));
    if (draft?.effect !== 'permit' || reads === undefined || draft.annotations['only'] !== undefined) return [];
    const { effect, principal, actions, resource } = draft;
    const permit = { id: `${chunk.file}:${chunk.line}`, effect, principal, actions, resource, condition: ['value', true], obligations: [] };
    return [JSON.parse(JSON.stringify(permit))];
  });
}

function withPermits(program: Json, permits: readonly Json[]): Json {
  return isObject(program) && isArray(program['policies']) ? { ...program, policies: [...program['policies'], ...permits] } : program;
}

/** What was compiled already is not compiled again. */
async function withFlows(configuration: Pick<Configuration, 'rules' | 'servers' | 'toolsets'>, known: Compiled | undefined): Promise<Analysed['flows']> {
  const { rules } = configuration;
  const programs = new Map<string, Json>();
  for (const name of FLOW_POLICIES) {
    if (rules.defaults[name] === 'on') continue;
    const { ok, program } = await compileRules({ ...configuration, rules: { ...rules, defaults: { ...rules.defaults, [name]: 'on' } } }, known);
    if (ok) programs.set(name, program);
  }
  return programs;
}

/** Calls of the last 30 days by agent and tool; undefined: who asks may not see records. */
async function usesIn(control: Control, { admin, space }: By): Promise<Analysed['usesOf'] | undefined> {
  const { outcome } = await control.admins.decide(admin, { access: 'audit', space, part: 'audit' });
  if (outcome !== 'allow') return undefined;
  const now = control.now();
  const question = [...timesOf(now - USES_MS, undefined), 'event = call.permitted', 'action = call_tool'].join(' and ');
  const { counts = [] } = await control.ledger.search({ space, question: `${question} count by agent, server, tool`, now, order: 'newest', limit: 1 });
  const uses = new Map(counts.map(({ values, count }) => [JSON.stringify([values[0], `${String(values[1])}/${String(values[2])}`]), count]));
  return (agent, tool) => uses.get(JSON.stringify([agent, tool])) ?? 0;
}

function onlyOf({ paths, held, ...rest }: Analysis, agent: string): Analysis {
  return { ...rest, paths: paths.filter((one) => one.agent === agent), held: held.filter(({ caller }) => caller.startsWith(`${agent} `)) };
}
