import type { Json } from '../../domain/json.ts';
import type { PolicyEngine } from '../../domain/decision.ts';
import { parseCases, runCases } from '../../policy/cases.ts';
import type { Compiled } from '../../policy/compile.ts';
import type { Diagnostic } from '../../policy/diagnostic.ts';
import { loadEngine } from '../../policy/engine.ts';
import type { Configuration } from '../snapshot/configuration.ts';
import { compileRules } from '../snapshot/compile.ts';

export interface NamedText {
  readonly file: string;
  readonly text: string;
}

/** A configuration in which one space's policies are these files. */
export function withPolicies<C extends Pick<Configuration, 'rules'>>(configuration: C, space: string, files: readonly NamedText[]): C {
  const others = configuration.rules.policies.filter((policy) => policy.space !== space);
  const mine = files.map(({ file, text }) => ({ id: file, space, body: { file, source: text } }));
  return { ...configuration, rules: { ...configuration.rules, policies: [...others, ...mine] } };
}

type Checked = Pick<Configuration, 'rules' | 'servers' | 'toolsets'>;

/** What the compiler says of a configuration: `ok`, and each problem with its place and remedy. */
export async function checkPolicies(configuration: Checked, previous?: Compiled): Promise<{ readonly ok: boolean; readonly diagnostics: readonly Json[] }> {
  const { ok, diagnostics } = await compileRules(configuration, previous);
  return { ok, diagnostics: diagnostics.map(presentDiagnostic) };
}

/** Runs files of policy tests. A configuration that does not compile fails every test; that is what it would do in service. */
export async function testPolicies(configuration: Checked, cases: readonly NamedText[], space: string, previous?: Compiled): Promise<Json> {
  const compiled = await compileRules(configuration, previous);
  const engine = loadEngine(compiled.program, 0);
  const servers = configuration.servers.filter((server) => server.space === space);
  const toolsets = configuration.toolsets.filter((toolset) => toolset.space === space);
  const files = cases.map((file) => testFile(engine, file, { ...configuration, servers, toolsets }));
  const diagnostics = [...compiled.diagnostics, ...files.flatMap((one) => one.diagnostics)];
  const results = files.flatMap((one) => one.results);
  const ok = diagnostics.every(({ severity }) => severity === 'warning') && results.every(({ passed }) => passed);
  return { ok, results: results.map((result): Json => ({ ...result })), diagnostics: diagnostics.map(presentDiagnostic) };
}

type Result = ReturnType<typeof runCases>[number] & { readonly file: string };

function testFile(
  engine: PolicyEngine, { file, text }: NamedText, { servers, toolsets }: Checked,
): { readonly results: readonly Result[]; readonly diagnostics: readonly Diagnostic[] } {
  const { cases, diagnostics } = parseCases(text, file);
  if (cases === undefined) return { results: [], diagnostics };
  return { results: runCases(engine, cases, servers, toolsets).map((result) => ({ file, ...result })), diagnostics };
}

function presentDiagnostic(diagnostic: Diagnostic): Json {
  return { ...diagnostic };
}
