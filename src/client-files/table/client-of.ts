import { CLIENT_TABLE } from './table.ts';

interface Known {
  readonly client: string;
  readonly path: RegExp;
  /** How much of the pattern is said: of two that fit, the one that says more. */
  readonly said: number;
}

/** The ends of all paths that the table knows, made when they are first asked for. */
let known: readonly Known[] | undefined;

/** Whose file a path is, as an id of the table of clients; `unknown` for none of those. */
export function clientOf(path: string): string {
  known ??= CLIENT_TABLE.flatMap(({ id, user, project, managed, extension, cache, settings }) =>
    [...user, ...project, ...managed, ...extension, ...cache, ...settings].filter(isTelling).map((pattern) => knownOf(id, pattern)));
  const plain = path.replaceAll('\\', '/');
  const fitting = known.filter((one) => one.path.test(plain));
  return fitting.reduce<Known | undefined>((best, one) => (best === undefined || one.said > best.said ? one : best), undefined)?.client ?? 'unknown';
}

/** Where a variable says the folder, or a name is anybody's, the end of a path tells nobody whose it is. */
function isTelling(pattern: string): boolean {
  return !pattern.startsWith('$') && !/^(?:mcp|settings|config|servers|package)\.\w+$/i.test(pattern);
}

/** A pattern without its systems and without where it begins, as the end of a path. */
function knownOf(client: string, pattern: string): Known {
  const end = pattern.replace(/^(?:linux|darwin|win32)(?:,(?:linux|darwin|win32))*:/, '').replace(/^(?:~|<\w+>|\$\w+|[A-Z]:)?\/*/, '');
  const path = end.split('/').map((name) => (name === '**' ? '(?:.+/)?' : `${name.split('*').map((part) => RegExp.escape(part)).join('[^/]*')}/`)).join('');
  return { client, path: new RegExp(`(?:^|/)${path.replace(/\/$/, '')}$`), said: end.replaceAll('*', '').length };
}
