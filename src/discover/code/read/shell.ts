import type { Risk } from '../../../domain/observation.ts';
import type { Ecosystem } from '../../clues/sdks.ts';
import { nameConfidence } from '../../clues/sdks.ts';
import { commandsIn, clueOfCommand } from '../clue.ts';
import type { CodeLook, Clue } from '../clue.ts';

/** What installs packages: its words, and whose packages they are. */
const INSTALLERS: readonly (readonly [RegExp, Ecosystem])[] = [
  [/^(?:npm|pnpm) (?:install|i|add)$|^yarn add$|^yarn global$|^bun add$/, 'npm'], [/^pip3? install$|^pipx install$|^uv (?:add|tool|pip)$/, 'pypi'],
  [/^cargo install$/, 'cargo'], [/^go install$/, 'go'],
];

/** The servers that lines for a shell start, install or add to a client: of scripts, workflows and image recipes alike. */
export function cluesOfShell(text: string, firstLine: number, look: CodeLook): readonly Clue[] {
  return commandsIn(text, firstLine).flatMap(({ words, line }) => {
    const started = clueOfCommand(words, line, look);
    return started === undefined ? installedBy(words, line) : [started];
  });
}

function installedBy(words: readonly string[], line: number): readonly Clue[] {
  const [program = '', verb = '', ...rest] = words;
  const ecosystem = INSTALLERS.find(([pattern]) => pattern.test(`${program} ${verb}`))?.[1];
  if (ecosystem === undefined) return [];
  return rest.filter((word) => /^@?[A-Za-z][\w./@=~^<>-]*(?:\[[\w,]+\])?[\w.=@-]*$/.test(word) && word !== 'install').flatMap((word) => {
    const { name, version } = splitVersion(word, ecosystem);
    const confidence = nameConfidence(ecosystem, name);
    if (confidence < 50 || !isRunsEcosystem(ecosystem)) return [];
    const risks: readonly Risk[] = version === undefined ? ['unpinned'] : [];
    const runs = { kind: 'package' as const, ecosystem, name, ...(version !== undefined && { version }) };
    return [{ line, sensor: 'code' as const, kind: 'server' as const, name, runs, confidence, risks, facts: { by: 'a command that installs it' } }];
  });
}

function isRunsEcosystem(ecosystem: Ecosystem): ecosystem is 'npm' | 'pypi' | 'go' | 'cargo' {
  return ecosystem === 'npm' || ecosystem === 'pypi' || ecosystem === 'go' || ecosystem === 'cargo';
}

function splitVersion(word: string, ecosystem: Ecosystem): { readonly name: string; readonly version?: string } {
  const match = ecosystem === 'pypi' ? /^([\w.-]+)(?:\[[^\]]*\])?(?:==([\w.]+))?/.exec(word) : /^(@?[^@]+)(?:@(.+))?$/.exec(word);
  const [, name = word, version] = match ?? [];
  return version === undefined || version === 'latest' ? { name } : { name, version };
}
