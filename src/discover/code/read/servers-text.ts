import { isArray, isObject } from '../../../domain/json.ts';
import type { Json } from '../../../domain/json.ts';
import { clueOfCommand, clueOfUrl } from '../clue.ts';
import type { CodeLook, Clue } from '../clue.ts';

/** The servers of a list in JSON within a text (`{"mcpServers":{…}}`), as agents are given one by arguments. */
export function cluesOfServersText(text: string, line: number, look: CodeLook): readonly Clue[] {
  const servers = serversIn(text);
  return Object.entries(servers).flatMap(([name, entry]) => {
    if (!isObject(entry)) return [];
    const { url, command, args } = entry;
    const words = [command, ...(isArray(args) ? args : [])].filter((word) => typeof word === 'string');
    const found = typeof url === 'string' ? clueOfUrl(url, line, 90, 'a list of servers for an agent', look) : clueOfCommand(words, line, look);
    return found === undefined ? [] : [{ ...found, name }];
  });
}

/** The object after `mcpServers`, from its first brace to the one that closes it. */
function serversIn(text: string): Readonly<Record<string, Json>> {
  const key = text.search(/["']?mcpServers["']?\s*:/);
  const from = key < 0 ? -1 : text.indexOf('{', key);
  if (from < 0) return {};
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '{') depth += 1;
    else if (text[at] === '}') depth -= 1;
    if (depth === 0) return parsed(text.slice(from, at + 1));
  }
  return {};
}

function parsed(text: string): Readonly<Record<string, Json>> {
  try {
    const value: Json = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
