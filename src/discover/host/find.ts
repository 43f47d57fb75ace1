import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { LIMITS } from '../../domain/limits.ts';
import { walk } from './walk.ts';

/**
 * The paths that a pattern means here: `*` is any part of one name, `**` any folders (links are not entered). A pattern without
 * either is its own path, whether it is there or not.
 */
export async function pathsOf(pattern: string): Promise<readonly string[]> {
  if (!pattern.includes('*')) return [pattern];
  const [first = '', ...parts] = pattern.split('/');
  let paths: readonly string[] = [first];
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const found: string[] = [];
    for (const path of paths) found.push(...(await step(path, part, isLast)));
    paths = found.slice(0, LIMITS.clientFilesOfPatternMax);
  }
  return paths;
}

async function step(path: string, part: string, isLast: boolean): Promise<readonly string[]> {
  if (part === '**') return foldersBelow(path);
  if (!part.includes('*')) return isLast || existsSync(`${path}/${part}`) ? [`${path}/${part}`] : [];
  const matches = nameMatcher(part);
  const names = await readdir(path === '' ? '/' : path).catch((): string[] => []);
  return names.filter(matches).toSorted().map((name) => `${path}/${name}`);
}

async function foldersBelow(path: string): Promise<readonly string[]> {
  const folders: string[] = [];
  for await (const item of walk(path, { foldersMax: LIMITS.clientFoldersMax })) if ('entries' in item) folders.push(item.path);
  return folders;
}

/** `*.json` and `*_tokens.json` as tests of a name. */
export function nameMatcher(part: string): (name: string) => boolean {
  const [start = '', ...rest] = part.split('*');
  const end = rest.at(-1) ?? '';
  if (rest.length === 0) return (name) => name === part;
  const middle = rest.slice(0, -1);
  return (name) => name.length >= start.length + end.length && name.startsWith(start) && name.endsWith(end) && middle.every((each) => name.includes(each));
}
