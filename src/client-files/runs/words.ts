import { changesSource } from './sources.ts';

/**
 * A line for a POSIX shell as its words, where it is nothing but words: no expansion of commands, no pipe, no redirection.
 * `A=b cmd`, `exec cmd` and `cd x && cmd` are taken to `cmd`, as the shell would. Undefined: only a shell could tell.
 */
export function commandInLine(line: string): readonly string[] | undefined {
  const parts = splitLine(line);
  if (parts === undefined) return undefined;
  const last = parts.at(-1) ?? [];
  const before = parts.slice(0, -1);
  // What changes where packages come from is more than a setting.
  if ([...before.flat(), ...last].some((word) => changesSource(ASSIGNED.exec(word)?.[1] ?? ''))) return undefined;
  if (!before.every((words) => SETTINGS.has(words[0] ?? '') || words.every((word) => ASSIGNMENT.test(word)))) return undefined;
  const start = last.findIndex((word) => !ASSIGNMENT.test(word));
  const command = start < 0 ? [] : last.slice(start);
  const plain = command[0] === 'exec' || command[0] === 'command' ? command.slice(1) : command;
  return plain.length === 0 ? undefined : plain;
}

/** What only changes how the next command is started. */
const SETTINGS = new Set(['cd', 'export', 'source', '.', 'set', 'unset', 'umask', 'ulimit']);
const ASSIGNMENT = /^[A-Za-z_]\w*=/;
const ASSIGNED = /^([A-Za-z_]\w*)=/;
/** What a shell would do more with than pass it on; `$NAME` and `${NAME}` stay as they are. */
const SHELL_SIGNS = new Set(['|', '<', '>', '`', '(', ')', '#', '!']);

/** Words of each command, commands parted by `;`, `&&` and line ends. */
function splitLine(line: string): readonly (readonly string[])[] | undefined {
  const commands: string[][] = [[]];
  let word: string | undefined;
  const endWord = (): void => {
    if (word !== undefined) commands.at(-1)?.push(word);
    word = undefined;
  };
  for (let at = 0; at < line.length; at += 1) {
    const sign = line[at] ?? '';
    if (sign === ' ' || sign === '\t') endWord();
    else if (sign === ';' || sign === '\n' || (sign === '&' && line[at + 1] === '&')) {
      endWord();
      commands.push([]);
      if (sign === '&') at += 1;
    } else if (sign === '\\') word = (word ?? '') + (line[at += 1] ?? '');
    else if (sign === '\'' || sign === '"') {
      const quoted = quotedFrom(line, at);
      if (quoted === undefined) return undefined;
      word = (word ?? '') + quoted.text;
      at = quoted.end;
    } else if (SHELL_SIGNS.has(sign) || sign === '&') return undefined;
    else word = (word ?? '') + sign;
  }
  endWord();
  return commands.filter((words) => words.length > 0);
}

function quotedFrom(line: string, from: number): { readonly text: string; readonly end: number } | undefined {
  const quote = line[from];
  let text = '';
  for (let at = from + 1; at < line.length; at += 1) {
    const sign = line[at] ?? '';
    if (sign === quote) return { text, end: at };
    if (quote === '"' && (sign === '`' || (sign === '$' && line[at + 1] === '('))) return undefined;
    if (quote === '"' && sign === '\\' && /["\\$`]/.test(line[at + 1] ?? '')) text += line[at += 1] ?? '';
    else text += sign;
  }
  return undefined;
}

/** `/usr/bin/npx`, `C:\\nodejs\\npx.cmd` → `npx`. */
export function baseOf(program: string): string {
  return (program.split(/[/\\]/).at(-1) ?? '').toLowerCase().replace(/\.(?:exe|cmd|bat|ps1|com)$/, '');
}
