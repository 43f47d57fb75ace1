import { importsOf, typescript } from './source.ts';
import type { Project } from './source.ts';
import type { Rule } from './rules.ts';

const CATALOGUE = 'console/texts/en.json';

function consoleFiles(project: Project): [string, string][] {
  return typescript(project).filter(([path]) => path.startsWith('console/'));
}

/** Where each part of the console may import from; a screen is deleted by deleting its folder. */
function mayImport(from: string, to: string, typeOnly: boolean): boolean {
  if (to.startsWith('src/domain/') || to.endsWith('.css')) return true;
  if (to.startsWith('src/')) return typeOnly && to.startsWith('src/control/');
  if (from === 'console/main.tsx' || from === 'console/app/screens.ts') return to.startsWith('console/');
  // What builds it runs in no browser.
  if (from === 'console/vite.config.ts') return to === 'console/notices.ts';
  const [, part = '', name = ''] = from.split('/');
  if (part === 'screens' && to.startsWith('console/screens/')) return to.startsWith(`console/screens/${name}/`);
  if (part === 'screens') return to === 'console/app/screen.ts' || /^console\/(api|kit|texts)\//.test(to);
  if (part === 'app') return /^console\/(app|api|kit|texts)\//.test(to);
  return /^console\/(api|kit|texts)\//.test(to);
}

const rooms: Rule = {
  name: 'the console knows the API by its types alone, and a screen no other screen',
  find: (project) => consoleFiles(project).flatMap(([path, text]) => importsOf(path, text)
    .filter((item) => item.path !== undefined && !mayImport(path, item.path, item.typeOnly))
    .map((item) => `${path}: imports ${item.specifier}`)),
  planted: { 'console/screens/a/a.tsx': "import { B } from '../b/b.tsx';\n" },
};

const markup: Rule = {
  name: 'the console makes no markup or code of text',
  find: (project) => consoleFiles(project)
    .filter(([, text]) => /dangerouslySetInnerHTML|\b(inner|outer)HTML\b|insertAdjacentHTML|document\.write|\beval\(|new Function\b|srcdoc/i.test(text))
    .map(([path]) => path),
  planted: { 'console/kit/a.tsx': 'export const a = <p dangerouslySetInnerHTML={{ __html: b }} />;\n' },
};

const WORDS_IN_MARKUP = /[\w"'}/]>\s*([A-Za-z][^<>{}=;()]*)<\/|\b(?:aria-label|title|label|placeholder|alt|hint|says)="([^"]*[A-Za-z][^"]*)"/g;
const NAMES = new Set(['Sallyport', 'Ctrl']);

const texts: Rule = {
  name: 'texts of the console stand in its catalogue',
  find: (project) => consoleFiles(project).flatMap(([path, text]) => [...text.matchAll(WORDS_IN_MARKUP)]
    .map(([, inside, attribute]) => (inside ?? attribute ?? '').trim())
    // A single letter is a key.
    .filter((words) => words.length > 1 && !NAMES.has(words))
    .map((words) => `${path}: ${words}`)),
  planted: { 'console/screens/a/a.tsx': 'export const a = <p>Hello there</p>;\n' },
};

const catalogue: Rule = {
  name: 'every text of the catalogue is used',
  find: (project) => {
    const all: Readonly<Record<string, Readonly<Record<string, string>>>> = JSON.parse(project.get(CATALOGUE) ?? '{}');
    const code = consoleFiles(project).map(([, text]) => text).join('\n');
    // `t(`shell.live-${state}`)` uses all that begin so; `tWord('state', …)` a whole section.
    const starts = [...code.matchAll(/`([a-z]+\.[\w-]*)\$\{/g)].map(([, start = '']) => start);
    const sections = new Set([...code.matchAll(/tWord\('([a-z]+)'/g)].map(([, section = '']) => section));
    return Object.entries(all).filter(([section]) => !sections.has(section)).flatMap(([section, some]) => Object.keys(some)
      .map((name) => `${section}.${name}`)
      .filter((key) => !code.includes(`'${key}'`) && !starts.some((start) => key.startsWith(start)))
      .map((key) => `${CATALOGUE}: ${key}`));
  },
  planted: { [CATALOGUE]: '{"a":{"b":"c"}}' },
};

export const CONSOLE_RULES: readonly Rule[] = [rooms, markup, texts, catalogue];
