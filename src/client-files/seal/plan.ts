import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { FindSpans, SecretAt } from '../audit/secrets.ts';
import { secretsIn } from '../audit/secrets.ts';
import { applyChanges, dataOf, lineOf } from '../edit/edit.ts';
import type { Change } from '../edit/edit.ts';
import { lineAt, withValue } from '../edit/place.ts';
import { valueAt } from '../read/entries.ts';
import type { Path } from '../read/region.ts';
import { entryThrough, launchedBy, launchOf, SEALED } from './entry.ts';
import { fieldOf, formOf } from './forms.ts';
import type { ReplacedEntry, SealedLaunch, SealedValue } from './kept.ts';

/** One server of the file, as the file has it. */
export interface SealableEntry {
  readonly client: string;
  readonly name: string;
  readonly at: Path;
  readonly said: JsonObject;
  readonly isRemote: boolean;
  /** Arguments of `sallyport` for one that the gate has: the entry becomes those, and nothing else of it stays. */
  readonly through?: readonly string[];
}

export type SealedBy = 'connect' | 'launcher' | 'reference';

export interface SealParts {
  readonly text: string;
  /** Absolute, no link: by it the launcher finds what was kept. */
  readonly file: string;
  readonly entries: readonly SealableEntry[];
  /** Program and leading arguments of `sallyport`. */
  readonly program: readonly [string, ...string[]];
  /** Options of the launcher: where its state is. */
  readonly launcher: readonly string[];
  /** `reference`: in the client's own words also where a launcher could do it. */
  readonly by: 'best' | 'reference';
  readonly findSpans: FindSpans;
  /** 16 hexadecimal digits, another each time. */
  newId(): string;
}

/** What stays in clear, and what can be done about it. Holds no value. */
export interface LeftInClear {
  readonly server: string;
  readonly line: number | undefined;
  readonly what: string;
  readonly remedy: string;
}

export interface SealPlan {
  readonly text: string;
  readonly values: readonly SealedValue[];
  readonly entries: readonly ReplacedEntry[];
  readonly launches: readonly SealedLaunch[];
  readonly sealed: readonly { readonly server: string; readonly by: SealedBy; readonly secrets: number }[];
  readonly left: readonly LeftInClear[];
}

/** What the file becomes when its secrets leave it. Pure; throws `ERR_CONFIG_INVALID` where it can't be edited alone. */
export function planSeal(parts: SealParts): SealPlan {
  const done = parts.entries.map((entry) => sealEntry(entry, parts));
  const text = applyChanges(parts.text, parts.file, done.flatMap(({ changes }) => changes));
  const values = done.flatMap((one) => one.values);
  return {
    text, values, entries: done.flatMap((one) => one.entries),
    launches: done.flatMap(({ server, at, values: own }) => (own.length === 0 ? [] : [{ server, launch: launchOf(valueIn(text, parts.file, at)) }])),
    sealed: done.flatMap(({ server, by, secrets }) => (by === undefined ? [] : [{ server, by, secrets }])),
    left: [...done.flatMap((one) => one.left), ...copiesIn(text, values)],
  };
}

interface Done {
  readonly server: string;
  readonly at: Path;
  readonly by?: SealedBy;
  readonly secrets: number;
  readonly changes: readonly Change[];
  readonly values: readonly SealedValue[];
  readonly entries: readonly ReplacedEntry[];
  readonly left: readonly LeftInClear[];
}

const NOTHING = { secrets: 0, changes: [], values: [], entries: [], left: [] } as const;

function sealEntry(entry: SealableEntry, parts: SealParts): Done {
  const { name: server, at, said, through, isRemote } = entry;
  const found = secretsIn(said, parts.findSpans);
  if (through !== undefined) {
    const is = entryThrough(entry, parts.program, through);
    return { ...NOTHING, server, at, by: 'connect', secrets: found.length, changes: [{ at, to: is }], entries: [{ server, at, was: said, is }] };
  }
  if (found.length === 0) return { ...NOTHING, server, at };
  const way = isRemote || parts.by === 'reference' ? 'reference' : 'launcher';
  const form = way === 'launcher' ? undefined : formOf(entry.client);
  const sealable = found.filter((secret) => {
    const field = fieldIn(secret.at);
    return field !== undefined && (way === 'launcher' ? field === 'env' || field === 'args' : form?.fills.includes(field) === true);
  });
  const left = found.filter((secret) => !sealable.includes(secret)).map((secret) => leftOf(entry, secret, parts));
  if (sealable.length === 0) return { ...NOTHING, server, at, secrets: 0, left };
  const values = sealable.map((secret): Named => {
    const id = parts.newId();
    const variable = way === 'launcher' ? undefined : variableOf(server, secret.name, id);
    const value = textAt(said, secret.at).slice(secret.start, secret.end);
    const token = form === undefined || variable === undefined ? `${SEALED}${id}` : form.write(variable);
    return { secret, token, value: { id, server, name: secret.name, token, value, ...(variable === undefined ? {} : { variable }) } };
  });
  const written = writtenWith(said, values);
  const wrapped = way === 'launcher' ? launchedBy(written, parts) : undefined;
  return {
    server, at, by: way, secrets: values.length, left, entries: [],
    changes: changesBetween(said, wrapped ?? written, at), values: values.map(({ value }) => value),
  };
}

interface Named {
  readonly secret: SecretAt;
  readonly token: string;
  readonly value: SealedValue;
}

/** In which of the fields that are filled in a text of an entry stands; Zed once had the arguments inside the command. */
function fieldIn(at: Path): ReturnType<typeof fieldOf> {
  return fieldOf(at[0] === 'command' && typeof at[1] === 'string' ? at[1] : at[0]);
}

function textAt(said: Json, at: Path): string {
  const text = valueAt(said, at);
  return typeof text === 'string' ? text : '';
}

/** A name that says what it is for; the id keeps two apart. */
function variableOf(server: string, name: string, id: string): string {
  const words = `${server}_${name}`.replaceAll(/[^A-Za-z0-9]+/g, '_').replaceAll(/^_+|_+$/g, '').toUpperCase().slice(0, 48);
  return `SALLYPORT_${words}_${id.slice(0, 8).toUpperCase()}`;
}

/** The entry with each secret's name in its place; from behind, so that places in one text stay true. */
function writtenWith(said: JsonObject, values: readonly Named[]): JsonObject {
  const ordered = values.toSorted((a, b) => b.secret.start - a.secret.start);
  const replaced = ordered.reduce<Json>((entry, { secret, token }) => {
    const text = textAt(entry, secret.at);
    return withValue(entry, secret.at, text.slice(0, secret.start) + token + text.slice(secret.end));
  }, said);
  return isObject(replaced) ? replaced : said;
}

/** As few and as small changes as make one entry the other: texts, then lists, else the entry as a whole. */
function changesBetween(was: Json, is: Json, at: Path): readonly Change[] {
  if (JSON.stringify(was) === JSON.stringify(is)) return [];
  if (isObject(was) && isObject(is) && Object.keys(was).join('\0') === Object.keys(is).join('\0')) {
    return Object.entries(was).flatMap(([name, value]) => changesBetween(value, is[name] ?? null, [...at, name]));
  }
  if (isArray(was) && isArray(is) && was.length === is.length) return was.flatMap((item, index) => changesBetween(item, is[index] ?? null, [...at, index]));
  return [{ at, to: is }];
}

function valueIn(text: string, file: string, at: Path): Json {
  return valueAt(dataOf(text, file), at) ?? null;
}

function leftOf({ client, name, at, isRemote }: SealableEntry, secret: SecretAt, { text, file }: SealParts): LeftInClear {
  const field = fieldIn(secret.at);
  const why = field === undefined ? `${secret.name} is kept there by ${client} itself`
    : isRemote ? `${client} is not known to fill in ${secret.name} from anywhere` : `${secret.name} stands where neither a launcher nor ${client} fills it in`;
  const remedy = field === undefined
    ? 'Sign in anew through the gate, so that the client needs none.'
    : 'Declare the server at the gate, then seal again: its entry becomes sallyport connect.';
  return { server: name, line: lineOf(text, file, [...at, ...secret.at]), what: why, remedy };
}

const COPY_CHARS_MIN = 8;

/** The same value elsewhere in the file: in a comment, in a setting that is no server. */
function copiesIn(text: string, values: readonly SealedValue[]): readonly LeftInClear[] {
  return values.flatMap(({ server, name, value }) => {
    const at = value.length < COPY_CHARS_MIN ? -1 : text.indexOf(value);
    const what = `the value of ${name} stands in the file once more`;
    return at < 0 ? [] : [{ server, line: lineAt(text, at), what, remedy: 'Take it out by hand, then rotate it.' }];
  });
}
