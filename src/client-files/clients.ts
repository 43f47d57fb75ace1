import { join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import { showHidden } from '../domain/hidden.ts';

export const CLIENTS = ['claude-code', 'cursor', 'vscode', 'copilot'] as const;
export type Client = (typeof CLIENTS)[number];

export interface Surroundings {
  readonly home: string;
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The files in which a client keeps servers, the person's own first, then the project's. Some may not exist. */
export function clientFiles(client: Client, { home, cwd, platform, env }: Surroundings): readonly string[] {
  switch (client) {
    case 'claude-code':
      return [join(env['CLAUDE_CONFIG_DIR'] ?? home, '.claude.json'), join(cwd, '.mcp.json')];
    case 'cursor':
      return [join(home, '.cursor/mcp.json'), join(cwd, '.cursor/mcp.json')];
    case 'vscode': {
      const user = codeFolder(home, platform, env);
      return [join(user, 'mcp.json'), join(user, 'settings.json'), join(cwd, '.vscode/mcp.json'), join(cwd, '.vscode/settings.json')];
    }
    case 'copilot':
      break;
  }
  return [join(env['COPILOT_HOME'] ?? join(home, '.copilot'), 'mcp-config.json'), join(cwd, '.mcp.json'), join(cwd, '.github/mcp.json')];
}

function codeFolder(home: string, platform: NodeJS.Platform, env: Surroundings['env']): string {
  if (platform === 'darwin') return join(home, 'Library/Application Support/Code/User');
  if (platform === 'win32') return join(env['APPDATA'] ?? join(home, 'AppData/Roaming'), 'Code/User');
  return join(env['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'Code/User');
}

/** Which client a name means. Throws `ERR_CLIENT_UNKNOWN`. */
export function clientNamed(name: string): Client {
  const found = CLIENTS.find((client) => client === name);
  if (found) return found;
  throw new SallyportError('ERR_CLIENT_UNKNOWN', `no client is known as ${JSON.stringify(showHidden(name))}`, {
    remedy: `name one of: ${CLIENTS.join(', ')}`,
  });
}
