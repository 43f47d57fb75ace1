import { basename, dirname, join, normalize } from 'node:path';
import { codeOf, exportsOf, importsOf, isTest, production, reachable, roomOf, typescript } from './source.ts';
import type { Project } from './source.ts';

/** A rule of the house: what it found wrong, one line each, and a small project in which it must find something. */
export interface Rule {
  readonly name: string;
  find(project: Project): string[];
  readonly planted: Readonly<Record<string, string>>;
}

const TIERS: Readonly<Record<string, number>> = {
  domain: 0,
  mcp: 1, identity: 1, registry: 1, detect: 1, flow: 1, policy: 1, audit: 1, upstream: 1, vault: 1, sandbox: 1, egress: 1, packages: 1,
  store: 1, link: 1, telemetry: 1, discover: 1, 'client-files': 1, knowledge: 1,
  backup: 1, recovery: 1,
  vendor: 1, incident: 1, redteam: 1, exercise: 1, review: 1,
  gateway: 2, control: 2,
  cli: 3, roles: 3,
};

/** Why one room may not import another; undefined when it may. */
function forbiddenImport(from: string, to: string): string | undefined {
  const [tier, other] = [TIERS[from], TIERS[to]];
  if (tier === undefined) return `${from}/ is no room of the design`;
  if (other === undefined) return `imports ${to === '' ? 'a file outside the rooms' : to}`;
  if (from === to || tier === 3) return undefined;
  return other < tier ? undefined : `tier ${tier} (${from}) imports tier ${other} (${to})`;
}

const tiers: Rule = {
  name: 'imports keep the tiers',
  find: (project) => production(project).flatMap(([path, text]) => {
    const targets = importsOf(path, text).flatMap((item) => (item.path === undefined ? [] : [item.path]));
    return targets.flatMap((target) => {
      if (isTest(target)) return [`${path}: production code imports the tests' ${target}`];
      if (!target.startsWith('src/')) return roomOf(path) === 'cli' && target.startsWith('demo/') ? [] : [`${path}: production code imports ${target}`];
      const reason = forbiddenImport(roomOf(path), roomOf(target));
      return reason === undefined ? [] : [`${path}: ${reason}`];
    });
  }),
  planted: { 'src/mcp/a.ts': "import { b } from '../policy/b.ts';\n" },
};

const vocabulary: Rule = {
  name: 'domain imports nothing but domain',
  find: (project) => production(project).filter(([path]) => roomOf(path) === 'domain')
    .flatMap(([path, text]) => importsOf(path, text).filter((item) => item.path === undefined).map((item) => `${path}: imports ${item.specifier}`)),
  planted: { 'src/domain/a.ts': "import { z } from 'zod';\n" },
};

const paths: Rule = {
  name: 'relative imports name an existing .ts file',
  find: (project) => typescript(project).flatMap(([path, text]) => importsOf(path, text)
    .filter((item) => item.path !== undefined && !project.has(item.path) && !/\.(?:json|cedar|yaml|css)$/.test(item.path))
    .map((item) => `${path}: ${item.specifier} is no file`)),
  planted: { 'src/mcp/a.ts': "import { b } from './b';\n" },
};

const barrels: Rule = {
  name: 'no barrels, re-exports or default exports',
  find: (project) => typescript(project).flatMap(([path, text]) => [
    ...(basename(path) === 'index.ts' ? [`${path}: a barrel by name`] : []),
    ...(/^export\s+(type\s+)?(\*|\{)/m.test(text) ? [`${path}: re-exports; import it where it is made`] : []),
    // Vite asks for one.
    ...(path !== 'console/vite.config.ts' && /^export\s+default\b/m.test(text) ? [`${path}: a default export`] : []),
  ]),
  planted: { 'src/mcp/a.ts': "export * from './b.ts';\n" },
};

const NAME = /^[a-z0-9]+(-[a-z0-9]+)*((\.[a-z]+)?\.test|\.d|\.config)?\.tsx?$/;
const DRAWERS = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'services', 'service', 'managers', 'manager', 'misc']);

const names: Rule = {
  name: 'files and folders are kebab-case nouns, never drawers',
  find: (project) => typescript(project).flatMap(([path]) => {
    const folders = dirname(path).split('/');
    const bad = !NAME.test(basename(path)) || folders.some((folder) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(folder));
    const drawer = [...folders, basename(path).replace(/(\.test)?\.ts$/, '')].find((part) => DRAWERS.has(part));
    return [...(bad ? [`${path}: not kebab-case`] : []), ...(drawer === undefined ? [] : [`${path}: "${drawer}" is a drawer; say what it holds`])];
  }),
  planted: { 'src/mcp/fooBar.ts': '', 'src/mcp/utils/a.ts': '' },
};

/** A pattern can't be cut: what a line holds besides it counts. */
const PATTERN = /(?<=^|[=(,[:]|\s)\/(?![/*])(?:[^/\\[\n]|\\.|\[(?:[^\]\\]|\\.)*\])+\/[a-z]*/g;

const size: Rule = {
  name: 'files have at most 400 lines, lines at most 160 columns',
  find: (project) => typescript(project).flatMap(([path, text]) => {
    const lines = text.split('\n');
    const wide = lines.findIndex((line) => line.length > 160 && line.replace(PATTERN, '').length > 160);
    return [...(lines.length > 401 ? [`${path}: ${lines.length} lines`] : []), ...(wide < 0 ? [] : [`${path}:${wide + 1}: wider than 160 columns`])];
  }),
  planted: { 'src/mcp/a.ts': '\n'.repeat(500), 'src/mcp/b.ts': 'x'.repeat(161) },
};

/** This rule spells the words that it looks for. */
const SELF = 'test/tidy/rules.ts';

const leftovers: Rule = {
  name: 'nothing is left for later',
  find: (project) => typescript(project).filter(([path, text]) => path !== SELF && /\b(TODO|FIXME|XXX|HACK)\b/.test(text)).map(([path]) => path),
  planted: { 'src/mcp/a.ts': '// TODO later\n' },
};

const consoles: Rule = {
  name: 'only cli and roles print',
  find: (project) => production(project)
    .filter(([path, text]) => !['cli', 'roles'].includes(roomOf(path)) && /\bconsole\s*[.[]/.test(codeOf(text)))
    .map(([path]) => path),
  planted: { 'src/mcp/a.ts': "export function a() { console.log('x'); }\n" },
};

/** Skipped and focused tests hide a failure from the one line that counts. */
const skipped: Rule = {
  name: 'no test is skipped, focused or left to do',
  find: (project) => typescript(project)
    .filter(([path, text]) => isTest(path) && path !== SELF && /\b(test|describe|it)\.(skip|only|todo|failing)\(/.test(codeOf(text)))
    .map(([path]) => path),
  planted: { 'src/mcp/a.test.ts': "test.skip('x', () => {});\n" },
};

/** The one maker; and the type's own declaration, which must spell the outcome. */
const MAKES_PERMITS = new Set(['src/gateway/enforce.ts', 'src/domain/verdict.ts']);

const MAKING = /\bas\s+(Readonly<)?(Permit|Verdict)\b|<(Permit|Verdict)>\s*[({[]|\boutcome:\s*'permit'/;

const permits: Rule = {
  name: 'a permit is made only in gateway/enforce.ts',
  find: (project) => production(project)
    .filter(([path, text]) => !MAKES_PERMITS.has(path) && MAKING.test(text))
    .map(([path]) => `${path}: makes or casts a Permit`),
  planted: { 'src/upstream/a.ts': 'export const a = (b: unknown) => b as Permit;\n' },
};


const WASM = '@cedar-policy/cedar-wasm';

function loadsWasm(path: string, text: string): boolean {
  return importsOf(path, text).some((item) => item.specifier.startsWith(WASM) && !item.typeOnly);
}

const wasm: Rule = {
  name: 'cedar-wasm is loaded in policy/cedar.ts only, and never by the gateway',
  find: (project) => {
    const users = production(project).filter(([path, text]) => loadsWasm(path, text)).map(([path]) => path);
    const loaded = reachable(project, 'src/roles/gateway.ts');
    return [
      ...users.filter((path) => path !== 'src/policy/cedar.ts').map((path) => `${path}: imports cedar-wasm`),
      ...users.filter((path) => loaded.has(path)).map((path) => `${path}: loaded by roles/gateway.ts`),
    ];
  },
  planted: {
    'src/roles/gateway.ts': "import { a } from '../policy/cedar.ts';\n",
    'src/policy/cedar.ts': `import { isAuthorized } from '${WASM}/nodejs';\n`,
  },
};

const LINK = /\[([^\]]*)\]\(([^)\s]+)\)/g;
const CODE_PATH = /`((?:src|test|bench|docs|demo|scripts|bin)\/[\w./-]+\.\w+)`/g;

const mentioned: Rule = {
  name: 'documents that code and messages point to exist',
  find: (project) => typescript(project).filter(([path]) => path !== SELF).flatMap(([path, text]) => [...text.matchAll(/\bdocs\/[\w/-]+\.md\b/g)]
    .filter(([file]) => !project.has(file)).map(([file]) => `${path}: ${file} does not exist`)),
  planted: { 'src/mcp/a.ts': "export const remedy = 'see docs/gone.md';\n" },
};

const documents: Rule = {
  name: 'links and file references in documents resolve, and name what the file holds',
  find: (project) => [...project].filter(([path]) => path.endsWith('.md')).flatMap(([path, text]) => {
    const links = [...text.matchAll(LINK)].filter(([, , href = '']) => !/^(https?:|mailto:|#)/.test(href)).flatMap(([, label = '', href = '']) => {
      const target = normalize(join(dirname(path), href.replace(/#.*$/, '')));
      const content = project.get(target);
      const symbol = /^`(\w+)(\(\))?`$/.exec(label)?.[1];
      if (content === undefined) return EXISTING.test(target) ? [] : [`${path}: ${href} does not exist`];
      return symbol !== undefined && target.endsWith('.ts') && !new RegExp(`\\b${symbol}\\b`).test(content) ? [`${path}: ${target} has no ${symbol}`] : [];
    });
    const spans = [...text.matchAll(CODE_PATH)].map(([, file = '']) => file).filter((file) => !project.has(file) && !EXISTING.test(file));
    return [...links, ...spans.map((file) => `${path}: ${file} does not exist`)];
  }),
  planted: { 'docs/a.md': '[`gone`](../src/mcp/a.ts)', 'src/mcp/a.ts': '' },
};
/** What documents may point at that the project map does not hold: pictures, figures, folders, scripts and the licence. */
const EXISTING = /(\.(svg|webp|json|yaml|cedar|txt)|\/|^LICENSE|^\.ci\/run|^scripts\/[a-z-]+|^(src|test|bench|docs|demo)(\/[a-z-]+)*)$/;

const deadExports: Rule = {
  name: 'every export is imported',
  find: (project) => {
    const users = new Map<string, Set<string>>();
    for (const [path, text] of typescript(project)) {
      for (const item of importsOf(path, text)) {
        for (const name of item.names) {
          const key = `${item.path ?? ''}#${name}`;
          users.set(key, (users.get(key) ?? new Set()).add(path));
        }
      }
    }
    return typescript(project).flatMap(([path, text]) => exportsOf(text).flatMap(({ name, kind }) => {
      const importers = [...(users.get(`${path}#${name}`) ?? []), ...(users.get(`${path}#*`) ?? [])];
      const local = (text.match(new RegExp(`\\b${name}\\b`, 'g')) ?? []).length > 1;
      if (importers.length === 0) return kind === 'type' && local ? [] : [`${path}: nobody imports ${name}`];
      return kind === 'value' && !isTest(path) && !local && importers.every(isTest) ? [`${path}: only tests use ${name}`] : [];
    }));
  },
  planted: { 'src/mcp/a.ts': 'export function lonely(): void {}\n' },
};

export const RULES: readonly Rule[] = [
  tiers, vocabulary, paths, barrels, names, size, leftovers, consoles, skipped, permits, wasm, mentioned, documents, deadExports,
];
