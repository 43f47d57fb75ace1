import { SallyportError } from '../../domain/errors.ts';
import { isArray, isObject } from '../../domain/json.ts';
import type { Json } from '../../domain/json.ts';
import { entriesIn } from '../read/entries.ts';
import { launchedWords, launchOf, SEALED } from './entry.ts';
import type { Kept, SealedValue } from './kept.ts';

export interface Asked {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Released {
  readonly command: readonly string[];
  /** What is to be set beside what is there, or in its place. */
  readonly env: Readonly<Record<string, string>>;
  /** Names of values that the file refers to and that were not given, because what refers to them is not what was sealed. */
  readonly withheld: readonly { readonly server: string; readonly name: string }[];
}

/**
 * The secrets for one start. A value goes only to an entry that starts or reaches what it did when it was sealed: who changes a
 * command, an argument, a variable or an address in the file does not get it sent there (CVE-2025-54136 is that). A command or
 * environment that holds names of sealed values gets those, each in its place, if it is what such an entry has started: neither
 * another file's entry that names them does, nor one that was put back once it was read. Else every variable that the file refers to is set.
 * Throws `ERR_FILE_CHANGED`, `ERR_NOT_FOUND`.
 */
export function releaseFor({ command, env }: Asked, file: string, data: Json, all: readonly Kept[]): Released {
  const given = [...command, ...Object.values(env).filter((value) => value !== undefined)];
  const values = new Map(all.toReversed().flatMap((kept) => kept.values.map((value) => [value.token, value] as const)));
  const trusted = trustIn(data, all);
  if (!given.some((text) => text.includes(SEALED))) {
    const variables = [...values.values()].flatMap((value) =>
      (value.variable === undefined || !isNamedIn(data, value) ? [] : [{ ...value, variable: value.variable }]));
    const free = variables.filter(({ token }) => trusted(token));
    return {
      command, env: Object.fromEntries(free.map(({ variable, value }) => [variable, value])),
      withheld: variables.filter((value) => !free.includes(value)).map(({ server, name }) => ({ server, name })),
    };
  }
  const isAsked = askedOf(data, file, { command, env });
  const fill = (text: string): string => text.replaceAll(TOKEN, (token) => {
    const found = values.get(token);
    if (found === undefined) {
      throw new SallyportError('ERR_NOT_FOUND', `a value that ${file} refers to was not sealed on this machine by you`, {
        remedy: 'Write the value into the file, then: sallyport config seal FILE',
      });
    }
    if (!trusted(token)) {
      const what = `the entry of ${found.server} in ${file} is not what it was when its secrets were sealed: nothing was started`;
      throw new SallyportError('ERR_FILE_CHANGED', what, {
        remedy: 'Look at what it starts now. If that is meant: sallyport config unseal FILE --changed, then sallyport config seal FILE.',
      });
    }
    if (!isAsked(token)) {
      throw new SallyportError('ERR_FILE_CHANGED', `what is to be started is not what the entry of ${found.server} in ${file} says: nothing was started`, {
        remedy: 'Find out which entry or script names it. If this is what is meant, write it into the file, then: sallyport config seal FILE.',
      });
    }
    return found.value;
  });
  const filled = Object.entries(env).flatMap(([name, text]) => (text === undefined || !text.includes(SEALED) ? [] : [[name, fill(text)] as const]));
  return { command: command.map(fill), env: Object.fromEntries(filled), withheld: [] };
}

const TOKEN = new RegExp(`${SEALED}[0-9a-f]{16}`, 'g');

/** Whether every entry that holds a name starts what it did when it was sealed, and one does. */
export function trustIn(data: Json, all: readonly Kept[]): (token: string) => boolean {
  const known = new Set(all.flatMap(({ launches }) => launches.map(({ launch }) => canonical(launch))));
  const entries = entriesIn(data).map(({ said }) => ({ text: textsOf(said), isKnown: known.has(canonical(launchOf(said))) }));
  return (token) => {
    const holding = entries.filter(({ text }) => text.some((one) => one.includes(token)));
    return holding.length > 0 && holding.every(({ isKnown }) => isKnown);
  };
}

/** Whether an entry that holds a name has this very command started, with the variables that hold names as it has them. */
function askedOf(data: Json, file: string, { command, env }: Asked): (token: string) => boolean {
  const named = Object.entries(env).filter(([, text]) => text !== undefined && new RegExp(TOKEN.source).test(text));
  const texts = entriesIn(data).flatMap(({ said }) => {
    const words = isObject(said) ? launchedWords(said, file) : undefined;
    const isThis = words?.length === command.length && words.every((word, index) => isFilledIn(word, command[index] ?? ''))
      && named.every(([name, text]) => holdsMember(said, name, text));
    return isThis ? [textsOf(said)] : [];
  });
  return (token) => texts.some((held) => held.some((text) => text.includes(token)));
}

/** Where clients put something of their own into a word: folders, variables, the home. */
const FILLED = /\$\{[^}]*\}|\{[a-z]+:[^}]*\}|\$\w+|%\w+%|^~(?=\/)/i;

function isFilledIn(said: Json, asked: string): boolean {
  if (typeof said !== 'string') return JSON.stringify(said) === asked;
  const [first = '', ...rest] = said.split(FILLED);
  const last = rest.pop();
  if (last === undefined || asked.length < first.length + last.length || !asked.startsWith(first) || !asked.endsWith(last)) return said === asked;
  let at = first.length;
  return rest.every((part) => {
    const found = asked.indexOf(part, at);
    at = found + part.length;
    return found >= 0 && at <= asked.length - last.length;
  });
}

function holdsMember(json: Json, name: string, text: string | undefined): boolean {
  if (isArray(json)) return json.some((item) => holdsMember(item, name, text));
  return isObject(json) && Object.entries(json).some(([key, value]) => (key === name && value === text) || holdsMember(value, name, text));
}

function isNamedIn(data: Json, { token, variable }: SealedValue): boolean {
  return textsOf(data).some((text) => text.includes(token) || text === variable);
}

function textsOf(json: Json): readonly string[] {
  if (typeof json === 'string') return [json];
  if (isArray(json)) return json.flatMap(textsOf);
  return isObject(json) ? Object.values(json).flatMap(textsOf) : [];
}

/** Clients write the members of an entry in an order of their own. */
function canonical(json: Json): string {
  return JSON.stringify(json, (_, value: Json) =>
    (isObject(value) ? Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1))) : value));
}
