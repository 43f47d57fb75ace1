import { basename } from 'node:path';

/** Clients by the npm package that runs them; ids of the table of clients. */
const PACKAGES: Readonly<Record<string, string>> = {
  '@anthropic-ai/claude-code': 'claude-code', '@openai/codex': 'codex', '@google/gemini-cli': 'gemini-cli', '@qwen-code/qwen-code': 'qwen-code',
  '@github/copilot': 'github-copilot-cli', '@sourcegraph/amp': 'amp', 'opencode-ai': 'opencode', '@charmland/crush': 'crush', '@kilocode/cli': 'kilo-code',
  cline: 'cline-cli', '@augmentcode/auggie': 'augment', mcporter: 'mcporter', openclaw: 'openclaw', '@continuedev/cli': 'continue',
  '@mariozechner/pi-coding-agent': 'pi',
};

/** By a program's name, where that name is nobody else's. */
const PROGRAMS: Readonly<Record<string, string>> = {
  claude: 'claude-code', 'claude-desktop': 'claude-desktop', Claude: 'claude-desktop', cursor: 'cursor', Cursor: 'cursor', 'cursor-agent': 'cursor',
  windsurf: 'windsurf', Windsurf: 'windsurf', codex: 'codex', gemini: 'gemini-cli', goosed: 'goose', opencode: 'opencode', 'zed-editor': 'zed',
  'code-insiders': 'vscode-insiders', kiro: 'kiro', Kiro: 'kiro', antigravity: 'antigravity', Antigravity: 'antigravity', 'LM Studio': 'lm-studio',
  'lm-studio': 'lm-studio', 'Cherry Studio': 'cherry-studio', auggie: 'augment', openclaw: 'openclaw', librechat: 'librechat', BoltAI: 'boltai',
  Witsy: 'witsy', '5ire': '5ire', AnythingLLM: 'anythingllm', 'warp-terminal': 'warp', Trae: 'trae', qoder: 'qoder', Qoder: 'qoder',
};

/** By where it lies, for names that others have, too. */
const PLACES: readonly (readonly [RegExp, string])[] = [
  [/\/(?:visual-studio-)?code\/code$|\/Visual Studio Code\.app\/|\/vscode\/code$/, 'vscode'], [/\/\.vscode-server\/.*\/node$/, 'vscode-server'],
  [/\/zed(?:\.app\/.*|-[\w.]+\/)(?:zed|zed-editor)$|\/Zed\.app\//, 'zed'], [/\/Claude\.app\//, 'claude-desktop'], [/\/Cursor\.app\//, 'cursor'],
  [/\/Windsurf\.app\//, 'windsurf'], [/\/LM Studio\.app\//, 'lm-studio'], [/\/Goose\.app\//, 'goose'], [/\/Warp\.app\//, 'warp'],
  [/\/Jan\.app\/|\/opt\/Jan\//, 'jan'],
];

/** The client that a program is, by its file, its name, or the package of the script that it runs. */
export function clientOf(program: string | undefined, calledAs: string | undefined, packageName: string | undefined): string | undefined {
  if (packageName !== undefined && Object.hasOwn(PACKAGES, packageName)) return PACKAGES[packageName];
  const place = program === undefined ? undefined : PLACES.find(([pattern]) => pattern.test(program));
  if (place !== undefined) return place[1];
  const named = [program, calledAs].flatMap((path) => (path === undefined ? [] : [basename(path)])).find((name) => Object.hasOwn(PROGRAMS, name));
  return named === undefined ? undefined : PROGRAMS[named];
}
