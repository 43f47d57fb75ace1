import { isArray, isObject } from '../../domain/json.ts';
import type { Json } from '../../domain/json.ts';
import { listedName } from './registry-file.ts';
import type { Offered, Situation, Target } from './plan.ts';

const POLICY = 'vscode/policy';

/** VS Code's own policies: from where servers may come. What exactly may start is Copilot's list, which VS Code obeys too. */
export const vscode: Target = {
  id: 'vscode', title: 'VS Code', clients: ['vscode', 'vscode-insiders'],
  compile: ({ registry }) => [{
    id: POLICY, format: 'json',
    paths: { linux: '/etc/vscode/policy.json' },
    delivered: 'on macOS in a configuration profile, on Windows as values of these names below Software\\Policies\\Microsoft\\VSCode',
    keys: [
      { at: ['ChatMCP'], value: registry === undefined ? 'off' : 'registryOnly' },
      ...(registry === undefined ? [] : [{ at: ['McpGalleryServiceUrl'], value: registry }]),
      { at: ['ChatToolsAutoApprove'], value: false },
    ],
  }],
  simulate,
  gaps: [
    'A registry is a list of names: an entry of a person\'s own under a listed name is not compared with the registry\'s. Deploy Copilot\'s list as well.',
    'Servers that VS Code runs in its sandbox are approved by themselves.',
  ],
};

/** A policy stands above the person's setting. `registry` is what the registry serves, as the client fetched it. */
function simulate({ deployed, user, offered }: Situation): readonly Offered[] {
  const policy = deployed[POLICY];
  const access = textAt(policy, 'ChatMCP') ?? textAt(user, 'chat.mcp.access') ?? 'allowed';
  if (access === 'off') return [];
  if (access !== 'registryOnly') return offered;
  const listing = deployed['vscode/registry'];
  const servers = isObject(listing) && isArray(listing['servers']) ? listing['servers'] : [];
  const names = new Set(servers.flatMap((one) => listedName(one) ?? []));
  return offered.filter(({ name, origin }) => origin === 'built-in' || names.has(name));
}

function textAt(json: Json | undefined, key: string): string | undefined {
  const value = isObject(json) ? json[key] : undefined;
  return typeof value === 'string' ? value : undefined;
}
