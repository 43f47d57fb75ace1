import type { Json, JsonObject } from '../../domain/json.ts';
import { isArray, isObject } from '../../domain/json.ts';
import { digestOfText, parsePolicy } from '../../policy/parse.ts';
import { splitPolicies } from '../../policy/split.ts';
import { leavesBetween, shownAt, shownPair, type Leaf } from './leaves.ts';
import type { Configured, State } from './state.ts';
import { join, weighLeaf, weighRow, type Weight } from './weigh.ts';

/** What is another in a configuration, in the words of who configures it; no secret stands in it. */
export interface Difference {
  readonly resource: string;
  readonly space: string;
  readonly id: string;
  readonly verb: 'add' | 'change' | 'remove';
  /** Whether more can happen afterwards. */
  readonly weight: Weight;
  readonly parts: readonly (Leaf & { readonly weight: Weight })[];
}

/** Every difference of two states. Policies are told one by one, by their ids; baselines by their tools. */
export function differencesBetween(before: State, after: State): readonly Difference[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  const changed = keys.map((key) => [before.get(key), after.get(key)] as const)
    .filter(([old, now]) => JSON.stringify(old?.body) !== JSON.stringify(now?.body));
  const policies = changed.filter(([old, now]) => (old ?? now)?.kind === 'policy');
  const rows = changed.filter(([old, now]) => (old ?? now)?.kind !== 'policy');
  return [
    ...rows.flatMap(([old, now]) => rowDifference(old, now)),
    ...policyDifferences(policies.flatMap(([old]) => statementsOf(old)), policies.flatMap(([, now]) => statementsOf(now))),
  ];
}

function rowDifference(before: Configured | undefined, after: Configured | undefined): readonly Difference[] {
  const row = before ?? after;
  if (row === undefined) return [];
  const { kind, space, id } = row;
  const [old, now] = [before, after].map((one) => (one === undefined ? null : legible(one)));
  const leaves = leavesBetween(old ?? {}, now ?? {});
  if (leaves.length === 0 && before !== undefined && after !== undefined) return [];
  const verb = before === undefined ? 'add' : after === undefined ? 'remove' : 'change';
  const parts = leaves.map((leaf) => ({ ...leaf, weight: verb === 'change' ? weighLeaf(kind, leaf) : weighRow(kind, verb) }));
  const weight = verb === 'change' ? join(parts.map((part) => part.weight)) : weighRow(kind, verb);
  return [{ resource: kind, space, id, verb, weight, parts: parts.map(shown) }];
}

function shown<T extends Leaf>(leaf: T): T {
  const [before, after] = shownPair(leaf.path, leaf.before, leaf.after);
  return { ...leaf, before, after };
}

/** A row's body as its differences are told: what is long by its digest, what is ordered as one text. */
function legible({ kind, body }: Configured): JsonObject {
  if (!isObject(body)) return { value: body };
  if (kind === 'baseline') return { ...(isObject(body['surface']) ? surfaceOf(body['surface']) : {}), approvedBy: body['approvedBy'] ?? null };
  const { endpoint } = body;
  const launch = isObject(endpoint) ? endpoint['launch'] : undefined;
  if (kind !== 'server' || !isObject(endpoint) || !isObject(launch)) return body;
  const { command, args, ...rest } = launch;
  const line = shownAt('launch', [command ?? null, ...(isArray(args) ? args : [])]);
  return { ...body, endpoint: { ...endpoint, launch: { ...rest, command: isArray(line) ? line.map(wordOf).join(' ') : line } } };
}

function surfaceOf(surface: JsonObject): JsonObject {
  const tools = named(surface['tools']).map((tool): [string, Json] => [
    wordOf(tool['name']), { effect: tool['effect'] ?? null, labels: tool['labels'] ?? null, definition: wordOf(tool['digest']).slice(0, 12) },
  ]);
  return {
    tools: Object.fromEntries(tools), prompts: named(surface['prompts']).map(({ name }) => name ?? null),
    templates: named(surface['templates']).map(({ name, uriTemplate }) => uriTemplate ?? name ?? null),
  };
}

function named(list: Json | undefined): readonly JsonObject[] {
  return isArray(list) ? list.filter((item) => isObject(item)) : [];
}

function wordOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

interface Statement {
  /** Nobody else's: one without a name can't be covered by one that is named like its place. */
  readonly key: string;
  readonly space: string;
  readonly id: string;
  readonly effect: string;
  readonly text: string;
}

function statementsOf(row: Configured | undefined): readonly Statement[] {
  const body = row?.body;
  if (row === undefined || !isObject(body)) return [];
  const [file, source] = [wordOf(body['file']), wordOf(body['source'])];
  return splitPolicies(file, source).map((chunk) => {
    const { draft } = parsePolicy(chunk, digestOfText(chunk.text));
    const [name, place] = [draft?.annotations['id'], `${file}:${chunk.line}`];
    const key = JSON.stringify([row.space, name === undefined, name ?? place]);
    return { key, space: row.space, id: name ?? place, effect: draft?.effect ?? 'permit', text: chunk.text.trim() };
  });
}

/** A permit that comes, or a forbid that goes, lets more happen; of one that says something else nobody knows without asking it. */
function policyDifferences(before: readonly Statement[], after: readonly Statement[]): readonly Difference[] {
  const keyed = (list: readonly Statement[]): ReadonlyMap<string, Statement> => new Map(list.map((one) => [one.key, one]));
  const [olds, nows] = [keyed(before), keyed(after)];
  return [...new Set([...olds.keys(), ...nows.keys()])].flatMap((key): readonly Difference[] => {
    const [old, now] = [olds.get(key), nows.get(key)];
    const one = now ?? old;
    if (one === undefined || old?.text === now?.text) return [];
    const verb = old === undefined ? 'add' : now === undefined ? 'remove' : 'change';
    const weight = verb === 'change' || (one.effect === 'permit') === (verb === 'add') ? 'more' : 'less';
    const part = { path: one.effect, before: old?.text ?? null, after: now?.text ?? null, weight } as const;
    return [{ resource: 'policy', space: one.space, id: one.id, verb, weight, parts: [shown(part)] }];
  });
}
