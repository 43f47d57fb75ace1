import { isArray, isObject } from '../../../domain/json.ts';
import type { Json, JsonObject } from '../../../domain/json.ts';
import type { LocatedDependency, ProjectSaid } from '../clue.ts';
import { LIMITS } from '../../../domain/limits.ts';
import { exactVersion } from './versions.ts';

/** What one manifest says: of its project, and of what that needs. */
export interface Manifest {
  readonly project: ProjectSaid;
  readonly dependencies: readonly LocatedDependency[];
}

type Reader = (text: string) => Manifest;

const READERS: readonly (readonly [RegExp, Reader])[] = [
  [/^package\.json$/, readPackageJson], [/^pyproject\.toml$/, readPyproject], [/^(?:requirements|constraints)[\w.-]*\.(?:txt|in)$/, readRequirements],
  [/^Pipfile$/, readPyproject], [/^setup\.(?:py|cfg)$/, readRequirements], [/^go\.mod$/, readGoMod], [/^Cargo\.toml$/, readCargo], [/^pom\.xml$/, readPom],
  [/^(?:build|settings)\.gradle(?:\.kts)?$|^libs\.versions\.toml$/, readGradle], [/\.(?:cs|fs|vb)proj$|^Directory\.Packages\.props$/, readDotnet],
  [/^Gemfile$|\.gemspec$/, readGemfile], [/^composer\.json$/, readComposer], [/^Package\.swift$/, readSwift],
];

/** The reader of a manifest by its file's name; undefined: it is none. */
export function manifestReader(name: string): Reader | undefined {
  return READERS.find(([pattern]) => pattern.test(name))?.[1];
}

const NOTHING: ProjectSaid = { isPublic: false, isDeclared: false };

/** Throws `SyntaxError` where it is no JSON. */
function readPackageJson(text: string): Manifest {
  const document = objectIn(text);
  const listed = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'].flatMap((key) => Object.entries(member(document, key)));
  const [name, version] = [document['name'], document['version']];
  return {
    project: {
      ecosystem: 'npm', isPublic: document['private'] !== true, isDeclared: typeof document['mcpName'] === 'string',
      ...(typeof name === 'string' && name !== '' && { name }), ...(typeof version === 'string' && { version }),
    },
    dependencies: ofInterest(listed, ([each]) => each).map(([each, range]) =>
      located(text, 'npm', each, typeof range === 'string' ? exactVersion(range) : undefined, `"${each}"`)),
  };
}

/** Sections and the texts in them: enough for what is looked for, and right where a file is broken elsewhere. */
function readPyproject(text: string): Manifest {
  const name = /^[ \t]*name[ \t]*=[ \t]*["']([\w.-]+)["']/m.exec(sectionOf(text, /^\[(?:project|tool\.poetry)\]/m))?.[1];
  const version = /^[ \t]*version[ \t]*=[ \t]*["']([\w.]+)["']/m.exec(sectionOf(text, /^\[(?:project|tool\.poetry)\]/m))?.[1];
  const tables = [...text.matchAll(/^\[(?:tool\.poetry\.(?:group\.[\w-]+\.)?dependencies|packages|dev-packages)\]/gm)].map(({ index }) => sectionAt(text, index));
  const rows = tables.flatMap((table) => [...table.matchAll(/^[ \t]*["']?([A-Za-z][\w.-]*)["']?[ \t]*=[ \t]*(.*)$/gm)]);
  const keyed = ofInterest(rows, (match) => match[1] ?? '').map(([, each = '', rest = '']) => {
    const said = /version\s*=\s*["']([^"']+)["']/.exec(rest)?.[1] ?? /^["']([^"']+)["']/.exec(rest)?.[1];
    return located(text, 'pypi', each, said === undefined ? undefined : exactVersion(said), each);
  });
  const listed = matched(text, 'pypi', [...text.matchAll(/["']([A-Za-z][\w.-]{0,200})(?:\[[\w,.-]{1,200}\])?[ \t]{0,20}((?:[=<>!~]=?|===)[^"';\n]{0,200})?(?:;[^"'\n]{0,500})?["']/g)]);
  const isDeclared = /mcp-name:\s*\S+/.test(text);
  return {
    project: { ecosystem: 'pypi', isPublic: name !== undefined, isDeclared, ...(name !== undefined && { name }), ...(version !== undefined && { version }) },
    dependencies: [...keyed, ...listed],
  };
}

function readRequirements(text: string): Manifest {
  const rows = [...text.matchAll(/^[ \t]*["']?([A-Za-z][\w.-]*)(?:\[[\w,.-]{1,200}\])?[ \t]*((?:[=<>!~]=?|===)[ \t]*[\w.*]+)?[^\n]*$/gm)];
  const quoted = [...text.matchAll(/["']([A-Za-z][\w.-]{0,200})(?:\[[\w,.-]+\])?[ \t]{0,20}((?:[=<>!~]=?)[ \t]{0,20}[\w.*]{1,50})?["']/g)];
  return { project: NOTHING, dependencies: matched(text, 'pypi', [...rows, ...quoted]) };
}

function readGoMod(text: string): Manifest {
  const name = /^module\s+(\S+)/m.exec(text)?.[1];
  const needed = [...text.matchAll(/^[ \t]*(?:require[ \t]+)?([\w.-]{1,200}\/[\w./~-]{1,500})[ \t]+v([\w.+-]+)/gm)];
  return {
    project: { ecosystem: 'go', isPublic: name !== undefined, isDeclared: false, ...(name !== undefined && { name }) },
    dependencies: matched(text, 'go', needed),
  };
}

function readCargo(text: string): Manifest {
  const own = sectionOf(text, /^\[package\]/m);
  const name = /^[ \t]*name[ \t]*=[ \t]*"([\w-]+)"/m.exec(own)?.[1];
  const tables = [...text.matchAll(/^\[(?:workspace\.|target\.[^\]\n]{1,200}\.)?(?:dev-|build-)?dependencies\]/gm)].map(({ index }) => sectionAt(text, index)).join('\n');
  const needed = [...tables.matchAll(/^[ \t]*([A-Za-z][\w-]*)[ \t]*=[ \t]*(.*)$/gm)];
  const tabled = ofInterest([...text.matchAll(/^\[(?:workspace\.)?dependencies\.([\w-]+)\]/gm)], (match) => match[1] ?? '');
  const single = tabled.map(([, each = '']) => located(text, 'cargo', each, undefined, each));
  return {
    project: { ecosystem: 'cargo', isPublic: name !== undefined, isDeclared: false, ...(name !== undefined && { name }) },
    dependencies: [...single, ...ofInterest(needed, (match) => match[1] ?? '').map(([, each = '', rest = '']) => {
      const said = /version\s*=\s*"([^"]+)"/.exec(rest)?.[1] ?? /^"([^"]+)"/.exec(rest)?.[1];
      return located(text, 'cargo', each, said === undefined ? undefined : exactVersion(said), `${each} `);
    })],
  };
}

function readPom(text: string): Manifest {
  const blocks = [...text.matchAll(/<dependency>([^]{1,2000}?)<\/dependency>/g)];
  return {
    project: NOTHING,
    dependencies: ofInterest(blocks, (match) => match[1] ?? '').flatMap((match) => {
      const block = match[1] ?? '';
      const [group, artifact, version] = [tag(block, 'groupId'), tag(block, 'artifactId'), tag(block, 'version')];
      return group === undefined || artifact === undefined ? []
        : [{ ecosystem: 'maven' as const, name: `${group}:${artifact}`, line: lineOf(text, match.index), ...version1(exactVersion(version ?? '')) }];
    }),
  };
}

function tag(block: string, name: string): string | undefined {
  return new RegExp(`<${name}>\\s*([^<\\s]+)\\s*</${name}>`).exec(block)?.[1];
}

function readGradle(text: string): Manifest {
  const needed = [...text.matchAll(/["']([\w.-]{1,200}:[\w.-]{1,200})(?::([\w.-]{1,100}))?["']/g)];
  return {
    project: NOTHING,
    dependencies: matched(text, 'maven', needed),
  };
}

function readDotnet(text: string): Manifest {
  const needed = [...text.matchAll(/<Package(?:Reference|Version)\s{1,20}(?:Include|Update)="([\w.]{1,200})"(?:\s{1,20}Version="([^"\n]{1,100})")?/g)];
  return {
    project: NOTHING,
    dependencies: matched(text, 'nuget', needed),
  };
}

function readGemfile(text: string): Manifest {
  const needed = [...text.matchAll(/^[ \t]*(?:gem|\w{1,50}\.add_(?:runtime_|development_)?dependency)[ \t(]+["']([\w-]+)["'](?:[ \t]*,[ \t]*["']([^"'\n]{1,200})["'])?/gm)];
  return {
    project: NOTHING,
    dependencies: matched(text, 'gem', needed),
  };
}

function readComposer(text: string): Manifest {
  const document = objectIn(text);
  const listed = ['require', 'require-dev'].flatMap((key) => Object.entries(member(document, key)));
  const dependencies = ofInterest(listed, ([each]) => each).map(([each, range]) =>
    located(text, 'composer', each, typeof range === 'string' ? exactVersion(range) : undefined, `"${each}"`));
  return { project: NOTHING, dependencies };
}

function readSwift(text: string): Manifest {
  const needed = [...text.matchAll(/\burl:\s{0,20}"https:\/\/github\.com\/([\w.-]{1,100}\/[\w-]{1,100})(?:\.git)?",?(?:\s{0,20}exact:\s{0,20}"([\w.]{1,50})")?/g)];
  return {
    project: NOTHING,
    dependencies: matched(text, 'swift', needed),
  };
}

/** All that is asked of a dependency is whether it speaks the protocol: names without its own are none of that. */
function ofInterest<Each>(all: readonly Each[], nameOf: (each: Each) => string): readonly Each[] {
  return all.filter((each) => /mcp|modelcontextprotocol/i.test(nameOf(each))).slice(0, LIMITS.codeDependenciesMax);
}

/** Of each match, the first group is a name and the second what is said of its version. */
function matched(text: string, ecosystem: LocatedDependency['ecosystem'], matches: readonly RegExpExecArray[]): readonly LocatedDependency[] {
  return ofInterest(matches, (match) => match[1] ?? '').map((match) =>
    ({ ecosystem, name: match[1] ?? '', line: lineOf(text, match.index), ...version1(exactVersion((match[2] ?? '').replaceAll(/\s/g, ''))) }));
}

function located(text: string, ecosystem: LocatedDependency['ecosystem'], name: string, version: string | undefined, mark: string): LocatedDependency {
  return { ecosystem, name, line: lineOf(text, Math.max(0, text.indexOf(mark))), ...version1(version) };
}

function version1(version: string | undefined): { readonly version?: string } {
  return version === undefined ? {} : { version };
}

function sectionOf(text: string, head: RegExp): string {
  const found = head.exec(text);
  return found === null ? '' : sectionAt(text, found.index);
}

/** From a section's head to the next one's. */
function sectionAt(text: string, index: number): string {
  const body = text.indexOf('\n', index) + 1;
  const next = body === 0 ? -1 : text.slice(body).search(/^\[/m);
  return body === 0 ? '' : text.slice(body, next < 0 ? undefined : body + next);
}

function lineOf(text: string, at: number): number {
  return text.slice(0, at).split('\n').length + (text[at] === '\n' ? 1 : 0);
}

function objectIn(text: string): JsonObject {
  const value: Json = JSON.parse(text);
  return isObject(value) ? value : {};
}

function member(document: JsonObject, key: string): JsonObject {
  const value = document[key];
  return isObject(value) && !isArray(value) ? value : {};
}
