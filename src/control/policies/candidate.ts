import type { Agent } from '../../domain/agent.ts';
import { tellComplaints } from '../../domain/complaints.ts';
import { SallyportError } from '../../domain/errors.ts';
import { isArray, isObject, type Json, type JsonObject } from '../../domain/json.ts';
import { buildCeilings, type Ceilings } from '../../policy/ceiling.ts';
import type { Compiled } from '../../policy/compile.ts';
import { formatDiagnostic } from '../../policy/diagnostic.ts';
import { confineRows } from '../admins/confine.ts';
import { rehearse } from '../change.ts';
import type { By, Change, Control } from '../control.ts';
import { applyManifest } from '../manifest/apply.ts';
import { MANIFEST_REQUEST } from '../manifest/schema.ts';
import { compileRules } from '../snapshot/compile.ts';
import { readConfiguration, type Configuration } from '../snapshot/configuration.ts';
import { needStored } from '../stored.ts';
import { withPolicies } from './check.ts';
import type { CandidateWish } from './schema.ts';

/** What gateways would decide by. */
export interface Candidate {
  readonly program: Json;
  readonly ceilings: Ceilings;
  readonly agents: readonly Agent[];
  readonly configuration: Configuration;
}

/**
 * The snapshot that somebody thinks of: a manifest, policy files instead of the space's, a stored proposal, or what is stored, each with
 * what is in shadow enforced where that is wished. Nothing is changed. Throws what is wrong with it.
 */
export async function candidateOf(control: Control, by: By, wish: CandidateWish): Promise<Candidate> {
  const configuration = await configurationOf(control, by, wish);
  const compiled = await compileWhole(configuration, control.compiler.compiled);
  const { agents, toolsets } = configuration;
  return { program: enforced(compiled.program, wish.enforce ?? []), ceilings: buildCeilings(agents, toolsets), agents, configuration };
}

/** Compiles what may come in force one day; what does not compile whole is no candidate. Throws the first error's code, with all of them. */
export async function compileWhole(configuration: Pick<Configuration, 'rules' | 'servers' | 'toolsets'>, known?: Compiled): Promise<Compiled> {
  const compiled = await compileRules(configuration, known);
  if (compiled.ok) return compiled;
  const errors = compiled.diagnostics.filter(({ severity }) => severity === 'error');
  throw new SallyportError(errors[0]?.code ?? 'ERR_POLICY_INVALID', tellComplaints(errors, formatDiagnostic), {
    remedy: 'Correct the candidate; nothing was changed.',
  });
}

async function configurationOf(control: Control, by: By, { manifest, policies, proposal }: CandidateWish): Promise<Configuration> {
  if (manifest !== undefined) return afterManifest(control, by, manifest);
  if (proposal !== undefined) return afterProposal(control, by, proposal);
  const stored = await readConfiguration(control.store, control.now());
  return policies === undefined ? stored : withPolicies(stored, by.space, policies);
}

/** Applied in a transaction that is rolled back. */
async function afterManifest(control: Control, by: By, files: NonNullable<CandidateWish['manifest']>): Promise<Configuration> {
  let found: Configuration | undefined;
  const change: Change = async (who, _what, act) => {
    const { result, configuration } = await rehearse(control.store, (rows) => act(confineRows(rows, who)), control.now());
    found = configuration;
    return result;
  };
  await applyManifest(by, files, { dryRun: true }, { ...control, change });
  return found ?? readConfiguration(control.store, control.now());
}

/** What a proposal wants of policies and manifests; what another one would do has to be tried by doing it. */
async function afterProposal(control: Control, by: By, id: string): Promise<Configuration> {
  const { body } = await needStored(control.store, 'proposal', by.space, id);
  const { method, path, params, body: wanted } = body;
  if (method === 'POST' && path === '/manifest') {
    const { dryRun: _, ...files } = MANIFEST_REQUEST.parse(wanted);
    return afterManifest(control, by, files);
  }
  const stored = await readConfiguration(control.store, control.now());
  const mine = stored.rules.policies.filter(({ space }) => space === by.space)
    .map(({ id: policy, body: { file, source } }) => ({ policy, file, text: source }));
  if (method === 'DELETE' && path === '/policies/:id') return withPolicies(stored, by.space, mine.filter(({ policy }) => policy !== params['id']));
  const file = isObject(wanted) && (path === '/policies' || path === '/policies/proposed') ? wanted['file'] : undefined;
  const source = isObject(wanted) ? wanted['source'] : undefined;
  if (typeof file === 'string' && typeof source === 'string') {
    return withPolicies(stored, by.space, [...mine.filter((one) => one.file !== file), { file, text: source }]);
  }
  throw new SallyportError('ERR_REQUEST_INVALID', 'that proposal is not about policies or a manifest', {
    remedy: 'Simulate the manifest or the policies that it would lead to.',
  });
}

/** The program with these policies in force that only watch. Throws `ERR_NOT_FOUND` for one that is not there, or is in force. */
function enforced(program: Json, ids: readonly string[]): Json {
  if (ids.length === 0 || !isObject(program) || !isArray(program['policies'])) return program;
  const policies = program['policies'].filter(isObject);
  const missing = ids.find((id) => !policies.some((one) => one['id'] === id && one['only'] === 'shadow'));
  if (missing !== undefined) {
    throw new SallyportError('ERR_NOT_FOUND', `no policy ${missing} is in shadow`, {
      remedy: 'Policies in shadow say @only("shadow"); shipped ones are set with `defaults:`.',
    });
  }
  return { ...program, policies: policies.map((one) => (ids.some((id) => id === one['id']) ? inForce(one) : one)) };
}

function inForce(policy: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(policy).filter(([name]) => name !== 'only'));
}
