import { CONFIGURED_SCOPES } from '../../domain/configured-server.ts';
import type { ConfiguredScope } from '../../domain/configured-server.ts';
import { CLIENT_TABLE } from './table.ts';
import type { KnownClient } from './table.ts';

/** What a file is to its client: it holds servers, settings that govern them, tokens, a script, or what is not read. */
export type FileUse = 'servers' | 'settings' | 'tokens' | 'code' | 'opaque';

/** Where a client keeps a file. */
export interface ClientPlace {
  /** Id in the table. */
  readonly client: string;
  readonly use: FileUse;
  readonly scope: ConfiguredScope;
  /** Absolute, or of a project relative to its folder; with `/` everywhere; `*` is one name, `**` any folders. */
  readonly pattern: string;
}

/** A person's home, on a system of that kind (a Windows home can be seen from Linux). */
export interface Home {
  readonly folder: string;
  readonly platform: 'linux' | 'darwin' | 'win32';
  /** The person's variables, where they are known. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Every file that a client may have in a person's home, whether it is there or not. */
export function placesOfHome(home: Home): readonly ClientPlace[] {
  return CLIENT_TABLE.flatMap((client) => entriesOf(client).flatMap(({ pattern, ...rest }) => {
    const path = inHome(pattern, home);
    return path === undefined ? [] : [{ client: client.id, ...rest, pattern: path }];
  }));
}

/** What counts for everybody on a machine; `root` where its disk is seen from elsewhere. */
export function placesOfMachine(platform: Home['platform'], root = ''): readonly ClientPlace[] {
  return CLIENT_TABLE.flatMap((client) => entriesOf(client).flatMap(({ pattern, ...rest }) => {
    const path = onPlatform(pattern, platform);
    return path === undefined || !/^(?:\/|[a-z]:)/i.test(path) ? [] : [{ client: client.id, ...rest, pattern: `${root}${path}` }];
  }));
}

/** What a client may have in a project's folder; patterns are relative to it. */
export function placesOfProject(): readonly ClientPlace[] {
  return CLIENT_TABLE.flatMap((client) => entriesOf(client)
    .filter(({ pattern }) => !/^(?:[/~<$]|[a-z]:|(?:linux|darwin|win32)[,:])/i.test(pattern))
    .map((place) => ({ client: client.id, ...place })));
}

/** Which clients read a project's file that belongs to another. */
export function alsoReading(pattern: string): readonly string[] {
  return CLIENT_TABLE.filter(({ alsoReads }) => alsoReads.includes(pattern)).map(({ id }) => id);
}

function entriesOf(client: KnownClient): readonly Omit<ClientPlace, 'client'>[] {
  return [
    ...CONFIGURED_SCOPES.flatMap((scope) => eachOf(client[scope], 'servers', scope)), ...eachOf(client.settings, 'settings', 'user'),
    ...eachOf(client.tokens, 'tokens', 'cache'), ...eachOf(client.code, 'code', 'user'), ...eachOf(client.projectCode, 'code', 'project'),
    ...eachOf(client.opaque, 'opaque', 'user'),
  ];
}

function eachOf(patterns: readonly string[], use: FileUse, scope: ConfiguredScope): readonly Omit<ClientPlace, 'client'>[] {
  return patterns.map((pattern) => ({ pattern, use, scope }));
}

/** The path of a pattern in a home; undefined where it has none there. */
function inHome(pattern: string, home: Home): string | undefined {
  const plain = onPlatform(pattern, home.platform);
  if (plain === undefined) return undefined;
  const variable = /^\$(\w+)/.exec(plain)?.[1];
  if (variable !== undefined) {
    const value = home.env?.[variable];
    return value === undefined || value === '' ? undefined : `${slashed(value)}${plain.slice(variable.length + 1)}`;
  }
  const folder = slashed(home.folder);
  const named = /^(~|<app>|<xdg>|<local>)\//.exec(plain)?.[1];
  return named === undefined ? undefined : `${named === '~' ? folder : baseOf(named, folder, home)}${plain.slice(named.length)}`;
}

function baseOf(named: string, folder: string, { platform, env = {} }: Home): string {
  const config = platform === 'linux' ? slashed(env['XDG_CONFIG_HOME'] ?? `${folder}/.config`) : `${folder}/.config`;
  if (named === '<xdg>') return config;
  if (named === '<local>') {
    if (platform === 'win32') return slashed(env['LOCALAPPDATA'] ?? `${folder}/AppData/Local`);
    return platform === 'darwin' ? `${folder}/Library/Application Support` : slashed(env['XDG_DATA_HOME'] ?? `${folder}/.local/share`);
  }
  if (platform === 'darwin') return `${folder}/Library/Application Support`;
  return platform === 'win32' ? slashed(env['APPDATA'] ?? `${folder}/AppData/Roaming`) : config;
}

/** The pattern without its systems; undefined where this is none of them. */
function onPlatform(pattern: string, platform: Home['platform']): string | undefined {
  const [, systems, path] = /^((?:linux|darwin|win32)(?:,(?:linux|darwin|win32))*):(.+)$/.exec(pattern) ?? [];
  if (systems === undefined) return pattern;
  return systems.split(',').includes(platform) ? path : undefined;
}

function slashed(path: string): string {
  return path.replaceAll('\\', '/').replace(/\/+$/, '');
}
