import { LineCounter, isNode, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { z } from 'zod';
import { ACTIONS, DRIFTS } from '../domain/decision.ts';
import type { AccessRequest, PolicyEngine, Resource } from '../domain/decision.ts';
import { FINDING_IDS, SEVERITIES, type Finding } from '../domain/finding.ts';
import { DEFAULT_SPACE } from '../domain/principal.ts';
import type { Principal } from '../domain/principal.ts';
import { DESTINATIONS, UNDERIVED } from '../domain/provenance.ts';
import { CATEGORIES, CONFIDENTIALITIES, UNLABELLED } from '../domain/server.ts';
import type { Server, Toolset, ToolsetMember } from '../domain/server.ts';
import type { Diagnostic } from './diagnostic.ts';

/** What the registry does not know counts as restricted and untrusted. */
const UNKNOWN_LABELS: Resource['labels'] = { confidentiality: 'restricted', categories: [], integrity: 'untrusted' };

const PRINCIPAL = z.strictObject({
  id: z.string().min(1).optional(),
  kind: z.enum(['person', 'workload']).default('person'),
  space: z.string().default(DEFAULT_SPACE),
  groups: z.array(z.string()).default([]),
  agent: z.string().default('test'),
  actors: z.array(z.string()).default([]),
  proof: z.enum(['bearer', 'dpop', 'mtls']).default('bearer'),
  tokenAge: z.number().nonnegative().default(0),
});

const CASE = z.strictObject({
  name: z.string().min(1),
  as: z.string().min(1),
  action: z.enum(ACTIONS).optional(),
  server: z.string().min(1),
  tool: z.string().optional(),
  prompt: z.string().optional(),
  resource: z.string().optional(),
  arguments: z.record(z.string(), z.json()).default({}),
  zone: z.enum(['loopback', 'internal', 'external']).default('internal'),
  drift: z.enum(DRIFTS).default('none'),
  /** What the caller's flow context carries; nothing yet where it is not said. */
  context: z.strictObject({
    confidentiality: z.enum(CONFIDENTIALITIES).default(UNLABELLED.confidentiality),
    categories: z.array(z.enum(CATEGORIES)).default([]),
    integrity: z.enum(['trusted', 'untrusted']).default(UNLABELLED.integrity),
  }).prefault({}),
  /** What detectors found, as `<detector>/<rule>: <severity>`. */
  findings: z.partialRecord(z.enum(FINDING_IDS), z.enum(SEVERITIES)).default({}),
  /** Where the arguments come from; from nowhere where it is not said. */
  provenance: z.strictObject({
    destinations: z.enum(DESTINATIONS).default(UNDERIVED.destinations),
    flowsFrom: z.array(z.string()).default([]),
    confidentiality: z.enum(CONFIDENTIALITIES).default(UNDERIVED.confidentiality),
    categories: z.array(z.enum(CATEGORIES)).default([]),
  }).prefault({}),
  at: z.iso.datetime().default('2026-01-05T10:00:00Z'),
  expect: z.enum(['allow', 'deny']),
  /** The determining policies, where the test is about which one decides. */
  policies: z.array(z.string()).optional(),
  /** Kinds of obligations that must come with the decision. */
  obligations: z.array(z.string()).optional(),
});

const FILE = z.strictObject({ principals: z.record(z.string(), PRINCIPAL), tests: z.array(CASE) });
export type CaseFile = z.infer<typeof FILE>;
export type PolicyCase = CaseFile['tests'][number];

/** Reads a file of policy tests (YAML): named principals, and requests with the decision that is expected. */
export function parseCases(text: string, file: string): { readonly cases?: CaseFile; readonly diagnostics: readonly Diagnostic[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const at = (offset: number): { readonly line: number; readonly column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const [broken] = document.errors;
  if (broken !== undefined) {
    const message = broken.message.split('\n')[0] ?? 'not YAML';
    return { diagnostics: [{ severity: 'error', file, ...at(broken.pos[0]), code: 'ERR_CONFIG_SYNTAX', message, remedy: 'correct the YAML' }] };
  }
  const read = FILE.safeParse(document.toJS({ maxAliasCount: 0 }));
  if (read.success) return { cases: read.data, diagnostics: strangers(read.data, file) };
  const diagnostics = read.error.issues.map((issue): Diagnostic => {
    const where = at(offsetOf(document, issue.path));
    return {
      severity: 'error',
      file,
      ...where,
      code: 'ERR_CONFIG_INVALID',
      message: `${issue.path.join('.')}: ${issue.message}`,
      remedy: 'see docs: policy tests',
    };
  });
  return { diagnostics };
}

function strangers({ principals, tests }: CaseFile, file: string): readonly Diagnostic[] {
  const unknown = tests.filter(({ as }) => !Object.hasOwn(principals, as));
  return unknown.map(({ name, as }) => ({
    severity: 'error', file, line: 1, column: 1, code: 'ERR_CONFIG_INVALID',
    message: `the test "${name}" is as ${as}, who is not among the principals`, remedy: `add ${as} under principals`,
  }));
}

function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

export interface CaseResult {
  readonly name: string;
  readonly passed: boolean;
  /** What differs, in words; empty when it passed. */
  readonly difference: string;
}

/** Runs tests against an engine. Effects and labels are those of the registry; what it does not know counts as worst. */
export function runCases(engine: PolicyEngine, file: CaseFile, servers: readonly Server[], toolsets: readonly Toolset[]): readonly CaseResult[] {
  return file.tests.map((test) => {
    const decision = engine.decide(requestOf(test, file, servers, toolsets));
    const why = decision.errors.join('; ') || decision.policies.join(', ') || 'no policy';
    const kinds = decision.obligations.map(({ kind }) => kind);
    const differences = [
      decision.outcome === test.expect ? '' : `expected ${test.expect}, got ${decision.outcome} (${why})`,
      same(test.policies, decision.policies) ? '' : `expected policies ${test.policies?.join(', ') ?? ''}, got ${decision.policies.join(', ')}`,
      same(test.obligations, kinds) ? '' : `expected obligations ${test.obligations?.join(', ') ?? ''}, got ${kinds.join(', ')}`,
    ].filter((difference) => difference !== '');
    return { name: test.name, passed: differences.length === 0, difference: differences.join('; ') };
  });
}

function same(expected: readonly string[] | undefined, actual: readonly string[]): boolean {
  return expected === undefined || [...new Set(expected)].toSorted().join('\n') === [...new Set(actual)].toSorted().join('\n');
}

function requestOf(test: PolicyCase, { principals }: CaseFile, servers: readonly Server[], toolsets: readonly Toolset[]): AccessRequest {
  const { tokenAge, id, ...given } = principals[test.as] ?? PRINCIPAL.parse({});
  const principal: Principal = { ...given, id: id ?? test.as, tokenAgeMs: tokenAge * 1000, expiresAt: Number.MAX_SAFE_INTEGER, credential: 'test' };
  const resource = resourceOf(test, servers, toolsets);
  const usual = { tool: 'call_tool', prompt: 'get_prompt', resource: 'read_resource', server: 'list' } as const;
  return {
    principal,
    action: test.action ?? usual[resource.kind],
    resource,
    context: {
      arguments: test.arguments, zone: test.zone, now: Date.parse(test.at), drift: test.drift, flow: test.context, findings: findingsOf(test),
      provenance: test.provenance,
    },
  };
}

function findingsOf({ findings }: PolicyCase): readonly Finding[] {
  return FINDING_IDS.flatMap((id): readonly Finding[] => {
    const severity = findings[id];
    const [detector = '', rule = ''] = id.split('/');
    return severity === undefined ? [] : [{ detector, rule, severity, at: [] }];
  });
}

function resourceOf(test: PolicyCase, servers: readonly Server[], toolsets: readonly Toolset[]): Resource {
  const server = servers.find(({ id }) => id === test.server);
  const tool = server?.baseline?.surface.tools.find(({ name }) => name === test.tool);
  const kind = test.tool !== undefined ? 'tool' : test.prompt !== undefined ? 'prompt' : test.resource !== undefined ? 'resource' : 'server';
  const name = test.tool ?? test.prompt ?? test.resource ?? '';
  const showing = toolsets.filter(({ members }) => members.some((member) => member.server === test.server && shows(member, kind, name)));
  return {
    kind, server: test.server, name, labels: tool?.labels ?? server?.labels ?? UNKNOWN_LABELS, toolsets: showing.map(({ id }) => id),
    ...(tool === undefined ? {} : { effect: tool.effect }),
  };
}

function shows(member: ToolsetMember, kind: Resource['kind'], name: string): boolean {
  if (kind === 'server') return true;
  if (kind === 'resource') return member.resources;
  const names = kind === 'tool' ? member.tools : member.prompts;
  return names === '*' || names.includes(name);
}
