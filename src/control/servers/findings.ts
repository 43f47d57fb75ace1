import type { Endpoint } from '../../domain/server.ts';
import { checkLaunch, renderArgv } from '../../registry/launch.ts';
import type { ServerDefinition, ServerFinding } from './schema.ts';

/** How a server is reached, in one line: the exact URL, or the exact argument vector. */
export function describeEndpoint(endpoint: Endpoint): string {
  return endpoint.transport === 'stdio' ? renderArgv(endpoint.launch) : endpoint.url;
}

/**
 * What an administrator must know of how a local server is started. Throws `ERR_LAUNCH_*` for what is never started. `isLoose`: its
 * package may be named without a version, which is found before anything is stored.
 */
export function checkDefinition({ endpoint, allow }: Pick<ServerDefinition, 'endpoint' | 'allow'>, isLoose = false): readonly ServerFinding[] {
  if (endpoint.transport !== 'stdio') return [];
  const { command, args, ...rest } = endpoint.launch;
  return checkLaunch({ command: [command, ...args], ...rest, allow,
    isLoose }).findings.map(({ rule, at, message }) => ({ rule, severity: 'warn', item: at, message }));
}
