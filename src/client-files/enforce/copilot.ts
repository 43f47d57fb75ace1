import { deniedOf, isAllowed, isNamed, matchersOf, readMatchers } from './matchers.ts';
import type { Offered, Situation, Target } from './plan.ts';

const SETTINGS = 'copilot/managed-settings';

/** GitHub Copilot (its CLI, its app, VS Code, JetBrains): the same entries as Claude Code's, other rules of merging. */
export const copilot: Target = {
  id: 'copilot', title: 'GitHub Copilot', clients: ['github-copilot-cli', 'vscode', 'copilot-jetbrains'],
  compile: ({ servers, denied }) => [{
    id: SETTINGS, format: 'json',
    paths: {
      linux: '/etc/github-copilot/managed-settings.json', darwin: '/Library/Application Support/GitHubCopilot/managed-settings.json',
      win32: 'C:\\Program Files\\GitHubCopilot\\managed-settings.json',
    },
    delivered: 'or, for everybody of the enterprise, .github-private/copilot/managed-settings.json',
    keys: [
      { at: ['allowedMcpServers'], value: matchersOf(servers) },
      { at: ['deniedMcpServers'], value: deniedOf(denied) },
      { at: ['forceRemoteSettingsRefresh'], value: true },
      { at: ['permissions', 'disableBypassPermissionsMode'], value: 'disable' },
    ],
  }],
  simulate,
  gaps: [
    'GitHub\'s own built-in server is exempt.',
    'Copilot reads a local file only where it belongs to root and nobody else may write it; settings of the server are refreshed hourly.',
  ],
};

/**
 * Each source that has an allow list must let a server through, and none may deny it. A source that can't be read denies
 * everything but the built-in server; so does an entry whose variable nobody set.
 */
function simulate({ deployed, malformed = [], user, env = {}, offered }: Situation): readonly Offered[] {
  const sources = [deployed[SETTINGS], user].filter((source) => source !== undefined);
  const allows = sources.map((source) => readMatchers(source, 'allowedMcpServers'));
  const denies = sources.map((source) => readMatchers(source, 'deniedMcpServers'));
  const isBroken = malformed.length > 0 || [...allows, ...denies].includes('malformed');
  return offered.filter((server) => {
    if (server.origin === 'built-in') return true;
    if (isBroken || hasUnset(server, env)) return false;
    if (denies.some((list) => list !== undefined && list !== 'malformed' && isNamed(server, list))) return false;
    return allows.every((list) => list === undefined || (list !== 'malformed' && isAllowed(server, list)));
  });
}

function hasUnset({ command = [], url = '' }: Offered, env: Readonly<Record<string, string>>): boolean {
  return [...command, url].some((text) => [...text.matchAll(/\$\{(\w+)\}/g)].some(([, name = '']) => !Object.hasOwn(env, name)));
}
