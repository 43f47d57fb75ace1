import { isArray, isObject } from '../../domain/json.ts';
import type { Json } from '../../domain/json.ts';
import type { Offered, Situation, Target } from './plan.ts';

const REMOTE = 'cline/remote-config';

/** Cline's remote configuration: the marketplace, and servers that are reached by an address. */
export const cline: Target = {
  id: 'cline', title: 'Cline', clients: ['cline-vscode', 'cline-cli'],
  compile: ({ servers }) => [{
    id: REMOTE, format: 'json', delivered: 'the organisation\'s remote configuration in Cline\'s console',
    keys: [
      { at: ['version'], value: 'v1' },
      { at: ['mcpMarketplaceEnabled'], value: false },
      { at: ['allowedMCPServers'], value: [] },
      { at: ['blockPersonalRemoteMCPServers'], value: true },
      { at: ['remoteMCPServers'], value: servers.flatMap(({ name, url }) => (url === undefined ? [] : [{ name, url, alwaysEnabled: true }])) },
    ],
  }],
  simulate,
  gaps: [
    'Servers that a person starts by a command are not held by it: watch Cline\'s file, and take them at the gate.',
    'Its command-line program does not read these keys.',
  ],
};

/** What a person adds by an address is left out where that is blocked; what they start by a command never is. */
function simulate({ deployed, offered }: Situation): readonly Offered[] {
  const remote = deployed[REMOTE];
  const { blockPersonalRemoteMCPServers: blocks, remoteMCPServers: given } = isObject(remote) ? remote : {};
  const own = isArray(given) ? given.flatMap((entry) => offeredOf(entry)) : [];
  return [...own, ...offered.filter(({ url }) => url === undefined || blocks !== true)];
}

function offeredOf(entry: Json): readonly Offered[] {
  const { name, url } = isObject(entry) ? entry : {};
  return typeof name === 'string' && typeof url === 'string' ? [{ name, url, origin: 'managed' }] : [];
}
