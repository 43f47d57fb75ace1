import { isArray, isObject } from '../../../domain/json.ts';
import type { Json, JsonObject } from '../../../domain/json.ts';
import { LIMITS } from '../../../domain/limits.ts';
import type { LocatedDependency } from '../clue.ts';

/** A package that a lock file holds: which version, and of its own needs, the names. */
export interface LockedPackage extends LocatedDependency {
  readonly needs: readonly string[];
  /** It can be started. */
  readonly hasProgram: boolean;
}

type Reader = (text: string) => readonly LockedPackage[];

const READERS: readonly (readonly [RegExp, Reader])[] = [
  [/^(?:package-lock|npm-shrinkwrap)\.json$/, readNpm], [/^pnpm-lock\.yaml$/, readPnpm], [/^yarn\.lock$/, readYarn], [/^bun\.lock$/, readBun],
  [/^(?:uv|poetry|pdm)\.lock$/, tables('pypi')], [/^Cargo\.lock$/, tables('cargo')], [/^Pipfile\.lock$/, readPipfile], [/^composer\.lock$/, readComposer],
  [/^Gemfile\.lock$/, readGems], [/^packages\.lock\.json$/, readNuget],
];

/** The reader of a lock file by its name; undefined: it is none. */
export function lockReader(name: string): Reader | undefined {
  return READERS.find(([pattern]) => pattern.test(name))?.[1];
}

function readNpm(text: string): readonly LockedPackage[] {
  const document = objectIn(text);
  const packages = membersOf(document['packages']).flatMap(([path, entry]) => {
    const name = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path)?.[1];
    return name === undefined ? [] : some(locked('npm', name, entry, text, `"${path}"`));
  });
  // Version 1 of the form has a tree of its own.
  return packages.length > 0 ? packages
    : membersOf(document['dependencies']).flatMap(([name, entry]) => some(locked('npm', name, entry, text)));
}

/** The line is looked for where it will be told: a lock file has thousands of packages. */
const SPEAKS = /mcp|modelcontextprotocol/i;

function locked(ecosystem: 'npm' | 'pypi' | 'composer', name: string, entry: Json, text: string, mark = `"${name}"`): LockedPackage | undefined {
  if (!isObject(entry) || typeof entry['version'] !== 'string') return undefined;
  const needs = ['dependencies', 'requires', 'peerDependencies'].flatMap((key) => (isObject(entry[key]) ? Object.keys(entry[key]) : []));
  return {
    ecosystem, name, version: entry['version'].replace(/^==|^v(?=\d)/, ''), needs, hasProgram: entry['bin'] !== undefined,
    line: SPEAKS.test(`${name} ${needs.join(' ')}`) ? lineOf(text, mark) : 1,
  };
}

function readPnpm(text: string): readonly LockedPackage[] {
  return named('npm', text, /^ {2}'?\/?((?:@[\w.-]+\/)?[\w.-]+)[@/](\d[0-9A-Za-z.+-]*)[^:\n]*:/gm);
}

function readYarn(text: string): readonly LockedPackage[] {
  return named('npm', text, /^"?((?:@[\w.-]+\/)?[\w.-]+)@[^\n]*:\n[ \t]+version:?[ \t]+"?(\d[\w.+-]*)/gm);
}

function readBun(text: string): readonly LockedPackage[] {
  return named('npm', text, /^[ \t]+"[^"\n]{1,500}":[ \t]*\["((?:@[\w.-]+\/)?[\w.-]+)@(\d[\w.+-]*)"/gm);
}

function readGems(text: string): readonly LockedPackage[] {
  return named('gem', text, /^ {4}([\w-]+) \((\d[\w.]*)\)$/gm);
}

function named(ecosystem: LockedPackage['ecosystem'], text: string, row: RegExp): readonly LockedPackage[] {
  let [line, from] = [1, 0];
  return [...text.matchAll(row)].slice(0, LIMITS.codeLockedMax).map((match) => {
    for (let next = text.indexOf('\n', from); next >= 0 && next < match.index; next = text.indexOf('\n', next + 1)) [line, from] = [line + 1, next + 1];
    return { ecosystem, name: match[1] ?? '', version: match[2] ?? '', line, needs: [], hasProgram: false };
  });
}

/** `[[package]]` with `name` and `version`, then what it needs. */
function tables(ecosystem: 'pypi' | 'cargo'): Reader {
  return (text) => {
    let line = 1;
    return text.split(/^(?=\[\[package\]\])/m).flatMap((block) => {
      const at = line;
      line += (block.match(/\n/g) ?? []).length;
      const [name, version] = [/^name = "([^"]+)"/m.exec(block)?.[1], /^version = "([^"]+)"/m.exec(block)?.[1]];
      if (name === undefined || version === undefined || !block.startsWith('[[package]]')) return [];
      const listed = /^dependencies = \[([^\]]*)/m.exec(block)?.[1] ?? '';
      const inTable = /^\[package\.dependencies\]\n((?:[^[\n][^\n]*\n?)*)/m.exec(block)?.[1] ?? '';
      const needs = [...listed.matchAll(/(?:name = )?"([\w.-]+)/g), ...inTable.matchAll(/^"?([\w.-]+)"? = /gm)].map(([, each = '']) => each);
      return [{ ecosystem, name, version, line: at, needs, hasProgram: false }];
    });
  };
}

function readPipfile(text: string): readonly LockedPackage[] {
  const document = objectIn(text);
  return ['default', 'develop'].flatMap((key) => membersOf(document[key]))
    .flatMap(([name, entry]) => some(locked('pypi', name, entry, text)));
}

function readComposer(text: string): readonly LockedPackage[] {
  const document = objectIn(text);
  return ['packages', 'packages-dev'].flatMap((key) => listOf(document[key])).flatMap((entry) => {
    const name = isObject(entry) && typeof entry['name'] === 'string' ? entry['name'] : '';
    return name === '' ? [] : some(locked('composer', name, entry, text));
  });
}

function readNuget(text: string): readonly LockedPackage[] {
  return membersOf(objectIn(text)['dependencies']).flatMap(([, each]) => membersOf(each)).flatMap(([name, entry]) => {
    const version = isObject(entry) ? entry['resolved'] : undefined;
    if (typeof version !== 'string') return [];
    return [{ ecosystem: 'nuget' as const, name, version, line: SPEAKS.test(name) ? lineOf(text, `"${name}"`) : 1, needs: [], hasProgram: false }];
  });
}

function some(found: LockedPackage | undefined): readonly LockedPackage[] {
  return found === undefined ? [] : [found];
}

function lineOf(text: string, mark: string): number {
  const at = text.indexOf(mark);
  return at < 0 ? 1 : text.slice(0, at).split('\n').length;
}

/** Throws `SyntaxError` where it is no JSON. */
function objectIn(text: string): JsonObject {
  const value: Json = JSON.parse(text);
  return isObject(value) ? value : {};
}

function listOf(value: Json | undefined): readonly Json[] {
  return isArray(value) ? value : [];
}

function membersOf(value: Json | undefined): readonly (readonly [string, Json])[] {
  return isObject(value) ? Object.entries(value) : [];
}
