import { tellComplaints } from '../../domain/complaints.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { Server } from '../../domain/server.ts';
import type { LaunchOrder, SignedSnapshot, Snapshot } from '../../domain/snapshot.ts';
import { compilePolicies } from '../../policy/compile.ts';
import { OBLIGATION_KINDS } from '../../policy/obligations.ts';
import type { Compiled } from '../../policy/compile.ts';
import { formatDiagnostic } from '../../policy/diagnostic.ts';
import { policySources } from '../policies/sources.ts';
import type { Configuration } from './configuration.ts';
import { contentText } from './keeper.ts';

/** What the newest compilation made: `explain` reads its policies. */
export interface Compiler {
  /**
   * A whole configuration → a snapshot's content, as text. Only what changed is compiled again. Throws the first error's
   * code with the first errors' file, line, column and remedy: a configuration that does not compile whole is not used at all.
   */
  readonly compile: (configuration: Configuration) => Promise<string>;
  readonly compiled: Compiled | undefined;
}

/** The policies of a configuration, compiled: what `compile` uses, and what checks of policies use without any snapshot. */
export function compileRules(configuration: Pick<Configuration, 'rules' | 'servers' | 'toolsets'>, previous?: Compiled): Promise<Compiled> {
  const { servers, toolsets, rules } = configuration;
  return compilePolicies({ sources: policySources(rules, configuration), servers, toolsets, obligations: OBLIGATION_KINDS }, previous);
}

/** `sign`: by control's key, as a launch. */
export function createCompiler(sign: (bytes: string) => SignedSnapshot): Compiler {
  let last: { readonly configuration: Configuration; readonly compiled: Compiled; readonly content: string } | undefined;
  return {
    compile: async (configuration) => {
      if (last !== undefined && Bun.deepEquals(last.configuration, configuration)) return last.content;
      const { servers, toolsets, tokens, agents, issuers, scopes, network, limits, audit, flow, telemetry, recovery, restoredAt } = configuration;
      const { detect, known, detection } = configuration;
      const compiled = await compileRules(configuration, last?.compiled);
      if (!compiled.ok) throw refusal(compiled);
      const told = {
        ...(telemetry === undefined ? {} : { telemetry }), ...(recovery === undefined ? {} : { recovery }), ...(restoredAt === undefined ? {} : { restoredAt }),
        ...(Object.keys(detect).length === 0 ? {} : { detect }),
        ...(Object.keys(known).length === 0 ? {} : { known }), ...launchesOf(servers, sign),
      };
      // First: it is looked for there.
      const first = detection === undefined ? {} : { detection };
      const content = contentText({
        ...first, policy: compiled.program, servers, toolsets, tokens, agents, issuers, scopes, network, limits, audit, flow, ...told,
      });
      last = { configuration, compiled, content };
      return last.content;
    },
    get compiled() {
      return last?.compiled;
    },
  };
}

/** The signature is the same for the same launch: two snapshots that decide alike stay alike. */
function launchesOf(servers: readonly Server[], sign: (bytes: string) => SignedSnapshot): Pick<Snapshot, 'launches'> {
  const orders = servers.flatMap(({ space, id, endpoint }) => {
    if (endpoint.transport !== 'stdio') return [];
    const order: LaunchOrder = { space, server: id, launch: endpoint.launch };
    return [[`${space}/${id}`, sign(JSON.stringify(order))] as const];
  });
  return orders.length === 0 ? {} : { launches: Object.fromEntries(orders) };
}

function refusal({ diagnostics }: Compiled): SallyportError {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  return new SallyportError(errors[0]?.code ?? 'ERR_POLICY_INVALID', tellComplaints(errors, formatDiagnostic), {
    // Each complaint says its own remedy.
    remedy: 'Nothing was changed; the snapshot before stays in force.',
  });
}
