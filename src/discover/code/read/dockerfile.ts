import { isArray } from '../../../domain/json.ts';
import type { Json } from '../../../domain/json.ts';
import { clueOfCommand, clueOfImage } from '../clue.ts';
import type { CodeLook, Clue } from '../clue.ts';
import { cluesOfShell } from './shell.ts';

const SERVER_LABEL = /\bio\.modelcontextprotocol\.server\.name\s*=\s*"?([^\s"]+)/;

/** The servers in a recipe of an image: what it is made from, installs, starts, and says of itself by its label. */
export function readDockerfile(text: string, look: CodeLook): readonly Clue[] {
  return instructionsIn(text).flatMap(({ name, rest, line }): readonly Clue[] => {
    if (name === 'FROM') return some(clueOfImage(rest.replace(/^--\S+\s+/, '').split(/\s+/)[0] ?? '', line, 'the image that it is made from'));
    if (name === 'RUN') return cluesOfShell(rest.replaceAll(/--(?:mount|network|security)=\S+\s+/g, ''), line, look);
    if (name === 'CMD' || name === 'ENTRYPOINT') {
      const words = wordsOf(rest);
      return words === undefined ? cluesOfShell(rest, line, look) : some(clueOfCommand(words, line, look));
    }
    const declared = name === 'LABEL' ? SERVER_LABEL.exec(rest)?.[1] : undefined;
    if (declared === undefined) return [];
    return [{ line, sensor: 'code', kind: 'server', name: declared, confidence: 95, risks: [], facts: { by: 'the label of its image' } }];
  });
}

interface Instruction {
  readonly name: string;
  readonly rest: string;
  readonly line: number;
}

const GOES_ON = /\\[ \t]{0,20}$/;

/** Lines that end in a backslash go on; comments within them are none of it. */
function instructionsIn(text: string): readonly Instruction[] {
  const found: Instruction[] = [];
  const rows = text.split(/\r?\n/);
  for (let at = 0; at < rows.length; at += 1) {
    const first = at;
    const parts = [rows[at] ?? ''];
    let goesOn = GOES_ON.test(parts[0] ?? '');
    while (goesOn && at + 1 < rows.length) {
      at += 1;
      const next = rows[at] ?? '';
      if (next.trimStart().startsWith('#')) continue;
      parts.push(next);
      goesOn = GOES_ON.test(next);
    }
    const whole = parts.map((part) => part.replace(GOES_ON, ' ')).join('');
    const match = /^[ \t]*([A-Za-z]{1,20})[ \t]+(.+)$/s.exec(whole);
    if (match !== null) found.push({ name: (match[1] ?? '').toUpperCase(), rest: match[2] ?? '', line: first + 1 });
  }
  return found;
}

function wordsOf(rest: string): readonly string[] | undefined {
  try {
    const value: Json = JSON.parse(rest);
    return isArray(value) ? value.filter((word) => typeof word === 'string') : undefined;
  } catch {
    return undefined;
  }
}

function some(clue: Clue | undefined): readonly Clue[] {
  return clue === undefined ? [] : [clue];
}
