import type { Runs } from '../../domain/runs.ts';
import { publicAddress } from './address.ts';

/** Variables that make a package manager fetch from elsewhere, or read settings that do. */
const VARIABLES = new RegExp([
  '^(?:npm_config_(?:.*registry|userconfig|globalconfig)|bun_config_registry|yarn_(?:npm_)?registry(?:_server)?',
  '|uv_(?:index|index_url|default_index|extra_index_url|find_links|config_file)|pip_(?:index_url|extra_index_url|find_links|config_file)|docker_host)$',
].join(''), 'i');

/** Options of runners that do the same. */
const OPTIONS = new Set([
  '--registry', '--userconfig', '--index', '--index-url', '--default-index', '-i', '--extra-index-url', '-f', '--find-links', '--config-file', '--source',
    '--add-source',
]);

export function changesSource(variable: string): boolean {
  return VARIABLES.test(variable);
}

/** Where packages are fetched from, if a variable says so. */
export function sourceOfEnv(env: Readonly<Record<string, string>>): string | undefined {
  return Object.entries(env).find(([name, value]) => value !== '' && changesSource(name))?.[1];
}

/** Where packages are fetched from, if an option says so. */
export function sourceOfOptions(given: readonly (readonly [string, string])[]): string | undefined {
  return given.find(([name, value]) => value !== '' && OPTIONS.has(name))?.[1];
}

/** A package that is fetched from elsewhere is not the one that its registry has under that name: where from is a part of its name. */
export function fetchedFrom(runs: Runs, source: string | undefined): Runs {
  if (source === undefined || runs.kind !== 'package' || runs.name.includes('://')) return runs;
  return { ...runs, name: `${publicAddress(source).replace(/\/+$/, '')}/${runs.name}` };
}
