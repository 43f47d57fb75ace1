import type { Endpoint } from '../../domain/server.ts';
import { checkLaunch, renderArgv } from '../../registry/launch.ts';
import type { ServerDefinition, ServerFinding } from './schema.ts';

/** What an administrator must know of how a server is exposed. `block` needs an expiring exception before approval. */
export function findExposure(definition: Pick<ServerDefinition, 'endpoint' | 'credentials' | 'allow'>): readonly ServerFinding[] {
  const { endpoint, credentials } = definition;
  if (endpoint.transport === 'stdio') return checkDefinition(definition);
  const found: ServerFinding[] = [];
  const onMachine = isLoopback(endpoint.url);
  if (endpoint.url.startsWith('http:') && !onMachine) {
    found.push({ rule: 'exposure-cleartext', severity: 'block', message: 'calls and credentials would cross the network in clear text; give it an https URL' });
  }
  if (credentials.type === 'none' && !onMachine) {
    found.push(
      { rule: 'exposure-unauthenticated', severity: 'warn', message: 'it is called without a credential: whoever reaches it can call it past the gate' },
    );
  }
  if (endpoint.allowPrivate) {
    found.push({ rule: 'exposure-private-address', severity: 'info', message: 'it may be at a private address; the address check is off for it' });
  }
  return found;
}

function isLoopback(url: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(new URL(url).hostname);
}

/** How a server is reached, in one line: the exact URL, or the exact argument vector. */
export function describeEndpoint(endpoint: Endpoint): string {
  return endpoint.transport === 'stdio' ? renderArgv(endpoint.launch) : endpoint.url;
}

/** What an administrator must know of how a local server is started. Throws `ERR_LAUNCH_*` for what is never started. */
export function checkDefinition({ endpoint, allow }: Pick<ServerDefinition, 'endpoint' | 'allow'>): readonly ServerFinding[] {
  if (endpoint.transport !== 'stdio') return [];
  const { command, args, ...rest } = endpoint.launch;
  return checkLaunch({ command: [command, ...args], ...rest, allow }).findings.map(({ rule, at, message }) => ({ rule, severity: 'warn', item: at, message }));
}
