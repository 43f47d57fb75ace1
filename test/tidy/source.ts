import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** The project's text: path (from the repository's root) → content. Rules read nothing else, so that a violation can be planted. */
export type Project = ReadonlyMap<string, string>;

export interface Import {
  /** As written: `./x.ts`, `zod`, `node:fs`, `bun:sqlite`. */
  readonly specifier: string;
  /** Path from the repository's root; undefined for packages and builtins. */
  readonly path: string | undefined;
  /** Names taken, by their exported name; `*` when the whole module is. */
  readonly names: readonly string[];
  /** Erased before it runs. */
  readonly typeOnly: boolean;
}

export interface Export {
  readonly name: string;
  readonly kind: 'type' | 'value';
}

const SOURCES = ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'demo/**/*.ts', 'scripts/**/*.ts', 'console/**/*.ts', 'console/**/*.tsx'];
const TEXTS = ['console/texts/*.json', 'console/*.md', 'test/**/*.mjs', 'package.json', 'package-lock.json', 'bench/package.json', 'bench/package-lock.json',
  '*.md', 'docs/**/*.md', 'deploy/**/*.md', 'bin/*'];

export function readProject(root: string): Project {
  const files = new Map<string, string>();
  for (const pattern of [...SOURCES, ...TEXTS]) {
    for (const path of new Bun.Glob(pattern).scanSync({ cwd: root, dot: false })) {
      if (!path.includes('node_modules/') && !path.startsWith('console/dist/')) files.set(path, readFileSync(join(root, path), 'utf8'));
    }
  }
  return files;
}

export function typescript(project: Project): [string, string][] {
  return [...project].filter(([path]) => /\.tsx?$/.test(path));
}

/** Files of src that run in production: no tests. */
export function production(project: Project): [string, string][] {
  return typescript(project).filter(([path]) => path.startsWith('src/') && !isTest(path));
}

/** Tests, and what stands beside them for several tests: `fixture.ts`, `fixture-x.ts`, `x-fixture.ts`, `test-x.ts`, `arbitrary.ts`. */
export function isTest(path: string): boolean {
  return path.startsWith('test/') || /(\.test|[/-]fixtures?(-[a-z-]+)?|\/test-[a-z-]+|\/arbitrar(y|ies)(-[a-z-]+)?)\.ts$/.test(path);
}

/** `src/mcp/bridge/legacy.ts` → `mcp`; a file directly in src has no room. */
export function roomOf(path: string): string {
  const [top, room, ...rest] = path.split('/');
  return top === 'src' && rest.length > 0 && room !== undefined ? room : '';
}

const STATIC = /^(import|export)\s+(type\s+)?([^'"`;]*?)\s*from\s+'([^']+)'/gm;
const BARE = /^import\s+'([^']+)'/gm;
const DYNAMIC = /\b(import|require)\(\s*'([^']+)'/g;

/** Every import of a file, re-exports and dynamic imports included. */
export function importsOf(path: string, text: string): Import[] {
  const resolve = (specifier: string): string | undefined => (specifier.startsWith('.') ? normalize(join(dirname(path), specifier)) : undefined);
  const found: Import[] = [];
  for (const [, , type, clause = '', specifier = ''] of text.matchAll(STATIC)) {
    found.push({ specifier, path: resolve(specifier), names: namesOf(clause), typeOnly: type !== undefined });
  }
  for (const [, specifier = ''] of text.matchAll(BARE)) found.push({ specifier, path: resolve(specifier), names: [], typeOnly: false });
  for (const [, , specifier = ''] of text.matchAll(DYNAMIC)) found.push({ specifier, path: resolve(specifier), names: ['*'], typeOnly: false });
  return found;
}

function namesOf(clause: string): string[] {
  const braces = /\{([^}]*)\}/.exec(clause);
  if (braces === null) return ['*'];
  const inside = (braces[1] ?? '').split(',').map((item) => item.trim().replace(/^type\s+/, '').split(/\s+as\s+/)[0] ?? '');
  return inside.filter((name) => name !== '');
}

const EXPORT = /^export\s+(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(function\*?|const|let|class|interface|type)\s+(\w+)/gm;

export function exportsOf(text: string): Export[] {
  return [...text.matchAll(EXPORT)].map(([, keyword = '', name = '']) => ({ name, kind: keyword === 'interface' || keyword === 'type' ? 'type' : 'value' }));
}

const transpiler = new Bun.Transpiler({ loader: 'ts', target: 'bun' });
const stripped = new Map<string, string>();

/** What runs: the same file without comments and types. Strings stay, so a rule's pattern must not look like prose. */
export function codeOf(text: string): string {
  const known = stripped.get(text);
  if (known !== undefined) return known;
  const code = transpiler.transformSync(text);
  stripped.set(text, code);
  return code;
}

/** Every file of the project that is loaded when `entry` starts: value imports only, types are erased. */
export function reachable(project: Project, entry: string): Set<string> {
  const seen = new Set<string>();
  const open = [entry];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const text = project.get(path);
    if (seen.has(path) || text === undefined) continue;
    seen.add(path);
    for (const item of importsOf(path, text)) {
      if (!item.typeOnly && item.path !== undefined) open.push(item.path);
    }
  }
  return seen;
}
