import { applyEdits, findNodeAtLocation, modify } from 'jsonc-parser';
import type { JSONPath, Node } from 'jsonc-parser';
import { createTwoFilesPatch } from 'diff';
import { SallyportError } from '../../domain/errors.ts';
import type { Client } from '../clients.ts';
import { entriesAt, maskSecrets, parseClientText, placesIn } from '../text.ts';
import { showHidden } from '../../domain/hidden.ts';

/** One entry of a client's file that shall go through the gate. */
export interface Redirect {
  /** The entry's name in the client. */
  readonly name: string;
  /** The server or toolset that `sallyport connect` is told. */
  readonly target: string;
  /** Arguments after it: as whom, and at which gate. */
  readonly options?: readonly string[];
}

export interface EditPlan {
  readonly text: string;
  /** Unified diff for showing; values that may be secrets are masked. Empty: nothing to change. */
  readonly diff: string;
}

export interface EditOptions {
  readonly client: Client;
  readonly redirects: readonly Redirect[];
  /** Program and leading arguments of `sallyport`, as this client's machine finds it. */
  readonly program: readonly [string, ...string[]];
  /** `user`, or the folder of a project in `~/.claude.json`. */
  readonly scope?: string;
}

/** Settings of an entry that say when it is used, and not what is run; the others are the old server's. */
const KEPT = ['disabled', 'enabled', 'timeout', 'tools'];

/**
 * The text of a client's file in which the named entries start `sallyport connect <target>`. Only the values of those
 * entries change; every other byte stays (comments, order, spacing, line ends). Entries that do not exist are added.
 * Throws `ERR_CONFIG_SYNTAX`.
 */
export function editClientText(text: string, file: string, options: EditOptions): EditPlan {
  let edited = text;
  for (const redirect of options.redirects) edited = redirectEntry(edited, file, redirect, options);
  return { text: edited, diff: edited === text ? '' : diffMasked(text, edited, file) };
}

/**
 * The entry that a target takes the place of: the one that was imported as it, so that no way around the gate stays beside
 * it; else a new one. `importedId`: the server that an entry of a name is imported as. Throws `ERR_CONFIG_SYNTAX`.
 */
export function entryFor(text: string, file: string, target: string, importedId: (name: string) => string): string {
  const id = target.replace(/^t\//, '');
  const tree = parseClientText(text, file);
  const names = placesIn(tree).filter(({ scope }) => scope === 'user').flatMap(({ path }) => entriesAt(tree, path).map(([name]) => name));
  return names.find((name) => name === id) ?? names.find((name) => importedId(name) === id) ?? id;
}

function redirectEntry(text: string, file: string, { name, target, options: further = [] }: Redirect, options: EditOptions): string {
  const tree = parseClientText(text, file);
  const place = placeFor(tree, options);
  const node = tree && findNodeAtLocation(tree, [...place, name]);
  const [command, ...leading] = options.program;
  const entry = { ...typeFor(options.client), command, args: [...leading, 'connect', target, ...further], ...keptOf(node) };
  if (node) {
    if (JSON.stringify(plain(node)) === JSON.stringify(entry)) return text;
    const before = text.slice(0, node.offset);
    return `${before}${format(entry, before, text)}${text.slice(node.offset + node.length)}`;
  }
  return insert(text, [...place, name], entry);
}

function placeFor(tree: Node | undefined, { client, scope = 'user' }: EditOptions): JSONPath {
  const found = placesIn(tree).find((place) => place.scope === scope);
  if (found) return found.path;
  if (scope !== 'user') {
    throw new SallyportError('ERR_CONFIG_INVALID', `the file has no servers for ${showHidden(scope)}`, { remedy: 'leave the scope out' });
  }
  return client === 'vscode' ? ['servers'] : ['mcpServers'];
}

/** Copilot's CLI and VS Code want the transport named; the others know it by the command. */
function typeFor(client: Client): object {
  if (client === 'copilot') return { type: 'local', tools: ['*'] };
  return client === 'cursor' ? {} : { type: 'stdio' };
}

function keptOf(node: Node | undefined): Readonly<Record<string, unknown>> {
  const value = node ? plain(node) : undefined;
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter(([key]) => KEPT.includes(key)));
}

function plain(node: Node): unknown {
  if (node.type === 'array') return (node.children ?? []).map(plain);
  if (node.type !== 'object') return node.value;
  return Object.fromEntries(
    (node.children ?? []).map(({ children }) => [String(children?.[0]?.value), children?.[1] ? plain(children[1]) : null] as const),
  );
}

/** The entry as text, indented as the line on which it begins. */
function format(entry: object, before: string, text: string): string {
  const indent = /(?:^|\n)([ \t]*)[^\n]*$/.exec(before)?.[1] ?? '';
  const unit = unitOf(text);
  const written = JSON.stringify(entry, null, unit).replaceAll('\n', `\n${indent}`);
  return text.includes('\r\n') ? written.replaceAll('\n', '\r\n') : written;
}

function unitOf(text: string): string {
  return /\n(\t| +)\S/.exec(text)?.[1] ?? '  ';
}

function insert(text: string, path: JSONPath, entry: object): string {
  const mark = text.startsWith('\ufeff') ? '\ufeff' : '';
  const body = text.slice(mark.length).trim() === '' ? '{}\n' : text.slice(mark.length);
  const unit = unitOf(body);
  const formattingOptions = { insertSpaces: unit !== '\t', tabSize: unit.length, eol: body.includes('\r\n') ? '\r\n' : '\n' };
  const edits = modify(body, path, entry, { formattingOptions });
  return mark + applyEdits(body, edits);
}

function diffMasked(before: string, after: string, file: string): string {
  const [old, fresh] = [maskSecrets(before, file), maskSecrets(after, file)];
  const patch = createTwoFilesPatch(`${file} now`, `${file} through Sallyport`, old, fresh, undefined, undefined, { context: 3 });
  return showHidden(patch.replace(/^=+\n/, '').replaceAll('\r\n', '\n'));
}
