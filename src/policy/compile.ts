import type { Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Server, Toolset } from '../domain/server.ts';
import { readObligations, readOnly } from './annotations.ts';
import type { ObligationKind } from './annotations.ts';
import type { Diagnostic, Problem } from './diagnostic.ts';
import type { ParsedPolicy } from './parse.ts';
import { digestOfText, parsePolicy } from './parse.ts';
import type { Program, ProgramPolicy } from './program.ts';
import { DENY_ALL } from './program.ts';
import type { Registry } from './references.ts';
import { checkArguments, checkNames, readRegistry } from './references.ts';
import type { Field, RecordShape } from './shape.ts';
import { blind, shapeOfTool } from './shape.ts';
import type { Chunk } from './split.ts';
import { placeInside, splitPolicies } from './split.ts';
import { toolsetServer } from './subject.ts';
import type { Verified } from './verify.ts';
import { verifyPolicies } from './verify.ts';
import type { Draft } from './translate.ts';
import { isAdminAction, isAdministrative } from './vocabulary.ts';

/** Cedar text of one file, or text that we made of something else. */
export interface PolicySource {
  readonly file: string;
  readonly text: string;
  /** Where made text comes from (a role in `sallyport.yaml`): its problems are reported there. */
  readonly at?: { readonly line: number; readonly column: number };
  /** Written by us of the administrators' roles: only such may permit administration; a company's own policies may forbid it. */
  readonly administers?: true;
}

export interface PolicyInput {
  readonly sources: readonly PolicySource[];
  readonly servers: readonly Server[];
  readonly toolsets: readonly Toolset[];
  /** What the gateways can meet; any other annotation is an error. */
  readonly obligations: readonly ObligationKind[];
}

export interface CompiledPolicy {
  readonly id: string;
  /** SHA-256 of its text, hex. */
  readonly digest: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

export interface Compiled {
  /** False: there are errors, and the program is deny-all. */
  readonly ok: boolean;
  /** The decision program, for the snapshot and `loadEngine`. */
  readonly program: Json;
  /** The same for administration: control's own, never in a snapshot. */
  readonly administration: Json;
  readonly diagnostics: readonly Diagnostic[];
  /** The policies in force, by id: what `explain` reads. */
  readonly policies: ReadonlyMap<string, CompiledPolicy>;
  /** What the next compilation need not do again. */
  readonly kept: { readonly parsed: ReadonlyMap<string, ParsedPolicy>; readonly verified: Verified };
}

/** One policy on its way. */
interface Item {
  readonly chunk: Chunk;
  readonly source: PolicySource;
  readonly parsed: ParsedPolicy;
  readonly id: string;
  readonly problems: Problem[];
}

/**
 * Compiles policies to a decision program: parse (Cedar), translate, check names and annotations against what exists,
 * validate strictly per slice (Cedar), compare each compiled form with Cedar. Any error gives a deny-all program; the
 * caller keeps the last good one, loudly. With the `previous` result only what changed is done again.
 */
export async function compilePolicies(input: PolicyInput, previous?: Compiled): Promise<Compiled> {
  const registry = readRegistry(input.servers, input.toolsets);
  const items = await parseSources(input.sources, previous?.kept.parsed);
  const inForce: { readonly item: Item; readonly policy: ProgramPolicy; readonly shape?: RecordShape }[] = [];
  for (const item of items) {
    const { draft } = item.parsed;
    if (draft === undefined) continue;
    item.problems.push(...checkNames(item.parsed.names, registry));
    item.problems.push(...checkWorlds(item, draft));
    const obligations = readObligations(draft.effect, draft.annotations, input.obligations, item.problems);
    const shape = readsOf(item, registry);
    if (shape === 'waits') continue;
    const { effect, principal, actions, resource, condition } = draft;
    const only = readOnly(effect, draft.annotations, item.problems);
    const policy = { id: item.id, effect, principal, actions, resource, condition, obligations, ...(only === undefined ? {} : { only }) };
    inForce.push(shape === undefined ? { item, policy } : { item, policy, shape });
  }
  noteDuplicates(items);
  const sound = inForce.filter(({ item }) => !item.problems.some(isError));
  const servers = serverFacts(input);
  const work = sound.map(({ item, policy, shape }) => ({
    text: item.chunk.text,
    digest: item.parsed.digest,
    policy,
    ...(shape === undefined ? {} : { shape }),
  }));
  const verified = await verifyPolicies(work, servers, previous?.kept.verified);
  for (const [index, { item }] of sound.entries()) item.problems.push(...(verified.problems[index] ?? []));
  const diagnostics = [...items.flatMap(diagnose), ...serverProblems(input.servers), ...countProblem(items)];
  const ok = diagnostics.every(({ severity }) => severity === 'warning');
  const policies = inForce.map(({ policy }) => policy);
  const [administrative, ordinary] = [true, false].map((wanted) => policies.filter(({ actions }) => isAdministrative(actions) === wanted));
  const program = ok ? { format: 1, policies: ordinary, servers, shapes: programShapes(inForce) } : DENY_ALL;
  const administration = ok ? { ...DENY_ALL, policies: administrative } : DENY_ALL;
  return {
    ok,
    program: JSON.parse(JSON.stringify(program)),
    administration: JSON.parse(JSON.stringify(administration)),
    diagnostics,
    policies: new Map(inForce.map(({ item }) => [item.id, describe(item)])),
    kept: { parsed: new Map(items.map(({ parsed }) => [parsed.digest, parsed])), verified: verified.kept },
  };
}

/** Messages and administration are two worlds: one policy speaks of one, and what a company writes can only narrow administration. */
function checkWorlds({ source }: Item, { actions, effect }: Draft): readonly Problem[] {
  if (!isAdministrative(actions)) return [];
  if (actions?.every(isAdminAction) !== true) {
    return [{ code: 'ERR_POLICY_INVALID', message: 'one policy is about messages and about administration', remedy: 'write one policy for each' }];
  }
  if (effect === 'forbid' || source.administers === true) return [];
  return [{
    code: 'ERR_POLICY_INVALID', message: 'a policy cannot permit administration',
    remedy: 'give a role under `admins:`; policies may forbid what it allows',
  }];
}

async function parseSources(sources: readonly PolicySource[], known: ReadonlyMap<string, ParsedPolicy> | undefined): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (const source of sources) {
    for (const chunk of splitPolicies(source.file, source.text)) {
      if (items.length > LIMITS.policiesMax) return items;
      const digest = digestOfText(chunk.text);
      const cached = known?.get(digest);
      if (cached === undefined && items.length % 50 === 0) await Bun.sleep(0);
      const parsed = cached ?? parsePolicy(chunk, digest);
      items.push({ chunk, source, parsed, id: idOf(chunk, parsed), problems: [...parsed.problems] });
    }
  }
  return items;
}

/** `@id`, or the file and the text's digest: both outlive an insertion before the policy. */
function idOf(chunk: Chunk, { draft, digest }: ParsedPolicy): string {
  const given = draft?.annotations['id'];
  return given === undefined || given === '' ? `${chunk.file.split('/').at(-1) ?? ''}#${digest.slice(0, 8)}` : given;
}

function noteDuplicates(items: readonly Item[]): void {
  const seen = new Set<string>();
  for (const { id, problems } of items) {
    if (seen.has(id)) problems.push({
      code: 'ERR_POLICY_INVALID',
      message: `two policies are called ${id}`,
      remedy: 'give each its own @id, or remove the copy',
    });
    if (!/^[\w.:/#-]{1,256}$/.test(id) || id.startsWith('sallyport:')) {
      problems.push({
        code: 'ERR_POLICY_INVALID',
        message: 'an @id has letters, digits and _ . : / # - only, and does not start with sallyport:',
        remedy: 'choose another @id',
      });
    }
    seen.add(id);
  }
}

/** The shape of the tool whose arguments a policy reads. `waits`: its server is not approved yet. */
function readsOf({ parsed, problems }: Item, registry: Registry): RecordShape | 'waits' | undefined {
  const { draft, reads } = parsed;
  if (draft === undefined || reads === undefined) return undefined;
  const [type, id] = draft.resource.exactly ?? [];
  if (type !== 'Tool' || id === undefined || draft.actions?.join() !== 'call_tool') {
    problems.push({
      code: 'ERR_POLICY_INVALID',
      message: 'a policy that reads context.arguments must name one tool, since arguments have that tool\'s types',
      remedy: 'write its scope as (…, action == Action::"call_tool", resource == Tool::"<server>/<tool>")',
    });
    return undefined;
  }
  const tool = registry.tools.get(id);
  if (tool === undefined) return 'waits';
  const shape = shapeOfTool(tool.definition);
  problems.push(...checkArguments(draft.condition, shape));
  return shape;
}

/** Per tool: what its policies read, and of everything else the names only. */
function programShapes(inForce: readonly { readonly item: Item; readonly policy: ProgramPolicy; readonly shape?: RecordShape }[]): Program['shapes'] {
  const read = new Map<string, { readonly shape: RecordShape; readonly names: Set<string> }>();
  for (const { item, policy, shape } of inForce) {
    const tool = policy.resource.exactly?.[1];
    if (shape === undefined || tool === undefined) continue;
    const entry = read.get(tool) ?? { shape, names: new Set() };
    for (const name of item.parsed.reads ?? []) entry.names.add(name);
    read.set(tool, entry);
  }
  const narrowed = [...read].map(([tool, { shape, names }]): [string, RecordShape] => {
    const fields = shape.fields.map(([name, inner, required]): Field => [name, names.has(name) || names.has('*') ? inner : blind(inner), required]);
    return [tool, { fields }];
  });
  return Object.fromEntries(narrowed);
}

function serverFacts({ servers, toolsets }: PolicyInput): Program['servers'] {
  const standIns = toolsets.map(({ id, space }) => [toolsetServer(id), { space, tier: 'internal', hosting: 'embedded' }] as const);
  return Object.fromEntries([...standIns, ...servers.map(factsOf)]);
}

function factsOf({ id, space, tier, hosting, region, vendor }: Server): readonly [string, Program['servers'][string]] {
  return [id, { space, tier, hosting, ...(region === undefined ? {} : { region }), ...(vendor === undefined ? {} : { vendor }) }];
}

function serverProblems(servers: readonly Server[]): readonly Diagnostic[] {
  const ids = servers.map(({ id }) => id);
  const wrong = ids.filter((id, index) => id.includes('/') || ids.indexOf(id) !== index);
  return wrong.map((id) => ({
    severity: 'error', file: 'sallyport.yaml', line: 1, column: 1, code: 'ERR_POLICY_INVALID',
    message: `the server id ${id} has a slash or stands twice, so policies could not name its tools`, remedy: 'give each server its own id, without a slash',
  }));
}

function countProblem(items: readonly Item[]): readonly Diagnostic[] {
  const last = items[LIMITS.policiesMax];
  if (last === undefined) return [];
  const problem: Problem = {
    code: 'ERR_POLICY_UNSUPPORTED',
    message: `there are more than ${LIMITS.policiesMax} policies`,
    remedy: 'write fewer, broader policies',
  };
  return [diagnosticOf(last, problem)];
}

function isError({ severity }: Problem): boolean {
  return severity !== 'warning';
}

function diagnose(item: Item): readonly Diagnostic[] {
  return item.problems.map((problem) => diagnosticOf(item, problem));
}

function diagnosticOf({ chunk, source }: Item, { severity, at, code, message, remedy }: Problem): Diagnostic {
  const { line, column } = source.at ?? placeInside(chunk, at ?? 0);
  return { severity: severity ?? 'error', file: source.file, line, column, code, message, remedy };
}

function describe({ id, parsed, source, chunk }: Item): CompiledPolicy {
  const { line, column } = source.at ?? chunk;
  return { id, digest: parsed.digest, file: source.file, line, column, text: chunk.text };
}
