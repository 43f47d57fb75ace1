import { readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { LIMITS } from '../../domain/limits.ts';
import { isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { readWhole } from '../bounded-file.ts';
import { pypiName, sdkRoleOf } from './sdks.ts';
import type { SdkRole } from './sdks.ts';

/** The package that a file belongs to, as its own files say. */
export interface Origin {
  readonly ecosystem: 'npm' | 'pypi';
  readonly name: string;
  readonly version?: string;
  /** Where it lies. */
  readonly folder: string;
  /** A package manager put it there; else it is somebody's project. */
  readonly isInstalled: boolean;
  /** It depends on a library of the protocol. */
  readonly sdk?: { readonly name: string; readonly version?: string; readonly role: SdkRole };
  /** It says by the registries' own mark that it is a server. */
  readonly isDeclared: boolean;
}

const LEVELS_MAX = 16;
const DOCUMENT_BYTES = 1024 * 1024;

/**
 * The npm package of a script: the nearest `package.json` with a name, from the file that a link of `.bin` leads to. In an image
 * links lead within the image, as only the kernel can follow them: there, what is beside the script counts.
 */
export function npmOriginOf(script: string, image = ''): Origin | undefined {
  let folder = dirname(image === '' ? realPath(script) : `${image}${script}`);
  for (let level = 0; level < LEVELS_MAX; level += 1) {
    const found = npmPackageIn(folder);
    if (found !== undefined) return found;
    if (dirname(folder) === folder || folder.length <= image.length) return undefined;
    folder = dirname(folder);
  }
  return undefined;
}

/** The npm package whose folder this is; undefined: none, or one without a name. */
export function npmPackageIn(folder: string): Origin | undefined {
  const document = documentIn(join(folder, 'package.json'));
  const name = document?.['name'];
  if (document === undefined || typeof name !== 'string' || name === '' || name.length > LIMITS.nameLengthMax) return undefined;
  const version = document['version'];
  const sdk = sdkOf(document, folder);
  return {
    ecosystem: 'npm', name, folder, isInstalled: /\/node_modules\/(?:@[^/]+\/)?[^/]+$/.test(folder),
    isDeclared: typeof document['mcpName'] === 'string',
    ...(typeof version === 'string' && { version }),
    ...(sdk !== undefined && { sdk }),
  };
}

function sdkOf(document: JsonObject, folder: string): Origin['sdk'] {
  const needed = ['dependencies', 'peerDependencies', 'devDependencies'].flatMap((key) => {
    const listed = document[key];
    return isObject(listed) ? Object.keys(listed) : [];
  });
  const name = needed.find((each) => sdkRoleOf({ ecosystem: 'npm', name: each }) !== undefined);
  if (name === undefined) return undefined;
  const role = sdkRoleOf({ ecosystem: 'npm', name }) ?? 'either';
  const version = installedVersion(folder, name);
  return { name, role, ...(version !== undefined && { version }) };
}

/** What is installed beside the package or above it, as Node looks it up. */
function installedVersion(from: string, name: string): string | undefined {
  let folder = from;
  for (let level = 0; level < LEVELS_MAX; level += 1) {
    const version = documentIn(join(folder, 'node_modules', name, 'package.json'))?.['version'];
    if (typeof version === 'string') return version;
    if (dirname(folder) === folder) return undefined;
    folder = dirname(folder);
  }
  return undefined;
}

/**
 * The PyPI package that a command or module of a Python installation belongs to; `programs`: the folder with its `python`.
 * Wheels say their commands in `entry_points.txt` (packaging.python.org, "Entry points").
 */
export function pythonOriginOf(programs: string, wanted: { readonly command?: string; readonly module?: string }): Origin | undefined {
  const name = pypiName((wanted.command ?? wanted.module?.split('.')[0] ?? '').replace(/\.(?:py|exe)$/, ''));
  for (const site of siteFolders(programs)) {
    const all = entriesOf(site).filter((each) => each.endsWith('.dist-info')).slice(0, LIMITS.hostPackagesPerFolderMax);
    const near = all.filter((each) => pypiName(each.split('-')[0] ?? '') === name);
    const command = wanted.command;
    const found = near[0] ?? (command === undefined ? undefined : all.find((each) => offersCommand(join(site, each), command)));
    if (found !== undefined) return pythonPackage(site, found);
  }
  return undefined;
}

/** `lib/python3.x/site-packages` beside the programs: of a virtual environment as of a system. */
function siteFolders(programs: string): readonly string[] {
  const root = dirname(programs);
  return entriesOf(join(root, 'lib')).filter((each) => /^python3?(?:\.\d+)?$/.test(each))
    .flatMap((each) => [join(root, 'lib', each, 'site-packages'), join(root, 'lib', each, 'dist-packages')]);
}

function offersCommand(folder: string, command: string): boolean {
  const text = textIn(join(folder, 'entry_points.txt'));
  const section = text === undefined ? undefined : /\[console_scripts\]([^[]*)/.exec(text)?.[1];
  return section?.split('\n').some((line) => line.split('=')[0]?.trim() === basename(command)) === true;
}

/** A package by the folder of what is known of it, in the folder where it is installed. */
export function pythonPackage(site: string, folder: string): Origin | undefined {
  const text = textIn(join(site, folder, 'METADATA'));
  const name = text === undefined ? undefined : /^Name: (\S+)/m.exec(text)?.[1];
  if (text === undefined || name === undefined) return undefined;
  const version = /^Version: (\S+)/m.exec(text)?.[1];
  const required = [...text.matchAll(/^Requires-Dist: ([\w.-]+)([^\n]*)$/gm)].filter(([, , rest = '']) => !/;\s*extra\s*==/.test(rest));
  const needed = required.map(([, each = '']) => each);
  const sdk = needed.find((each) => sdkRoleOf({ ecosystem: 'pypi', name: each }) !== undefined);
  const sdkVersion = sdk === undefined ? undefined : versionBeside(site, sdk);
  return {
    ecosystem: 'pypi', name: pypiName(name), folder: join(site, folder), isInstalled: true,
    isDeclared: /^(?:<!--\s*)?mcp-name:\s*\S+/m.test(text),
    ...(version !== undefined && { version }),
    ...(sdk !== undefined && {
      sdk: { name: pypiName(sdk), role: sdkRoleOf({ ecosystem: 'pypi', name: sdk }) ?? 'either', ...(sdkVersion !== undefined && { version: sdkVersion }) },
    }),
  };
}

function versionBeside(site: string, name: string): string | undefined {
  const all = entriesOf(site).map((each) => /^(.+?)-(\d[^-]*)\.dist-info$/.exec(each));
  return all.find((match) => match !== null && pypiName(match[1] ?? '') === pypiName(name))?.[2];
}

function documentIn(path: string): JsonObject | undefined {
  try {
    const value: Json = JSON.parse(readWhole(path, DOCUMENT_BYTES));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function textIn(path: string): string | undefined {
  try {
    return readWhole(path, DOCUMENT_BYTES);
  } catch {
    return undefined;
  }
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
