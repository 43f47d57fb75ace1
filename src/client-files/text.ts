import { findNodeAtLocation, getNodeValue, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { JSONPath, Node, ParseError } from 'jsonc-parser';
import { SallyportError } from '../domain/errors.ts';
import { isReference, looksSecret } from '../domain/secret-forms.ts';

/** Where a client keeps servers in its file, and for whom: `user`, or the folder of a project. */
export interface Place {
  readonly path: JSONPath;
  readonly scope: string;
}

/**
 * Parses a client's file: JSON with comments and trailing commas, as the clients do. An empty file is an empty object.
 * Throws `ERR_CONFIG_SYNTAX` with file, line and column, also for duplicate keys: clients disagree on which one counts.
 */
export function parseClientText(text: string, file: string): Node | undefined {
  const body = text.replace(/^\ufeff/, ' ');
  if (body.trim() === '') return undefined;
  const errors: ParseError[] = [];
  const tree = parseTree(body, errors, { allowTrailingComma: true, disallowComments: false });
  const first = errors[0];
  if (first) throw syntax(text, file, first.offset, printParseErrorCode(first.error));
  if (tree?.type !== 'object') throw syntax(text, file, 0, 'the file is not an object');
  const twice = duplicateIn(tree);
  if (twice) throw syntax(text, file, twice.offset, `the key ${JSON.stringify(twice.value)} stands twice`);
  return tree;
}

function syntax(text: string, file: string, offset: number, message: string): SallyportError {
  const before = text.slice(0, offset).split('\n');
  return new SallyportError('ERR_CONFIG_SYNTAX', `${file}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}: ${message}`, {
    remedy: 'correct the file, or let the client write it anew',
  });
}

function duplicateIn(node: Node): Node | undefined {
  const keys = new Set<unknown>();
  for (const child of node.children ?? []) {
    const key = node.type === 'object' ? child.children?.[0] : undefined;
    if (key && keys.has(key.value)) return key;
    if (key) keys.add(key.value);
    const deeper = duplicateIn(child);
    if (deeper) return deeper;
  }
  return undefined;
}

const PLACES: readonly JSONPath[] = [
  ['mcpServers'],
  ['servers'],
  ['mcp', 'servers'],
  ['mcp.servers'],
  ['customizations', 'vscode', 'mcp', 'servers'],
];

/** Every place in a file that holds servers; in `~/.claude.json` also those of single projects. */
export function placesIn(tree: Node | undefined): readonly Place[] {
  if (!tree) return [];
  const projects = findNodeAtLocation(tree, ['projects']);
  const folders = projects?.type === 'object' ? (projects.children ?? []).map((child) => String(child.children?.[0]?.value)) : [];
  const candidates = [
    ...PLACES.map((path) => ({ path, scope: 'user' })),
    ...folders.map((folder) => ({ path: ['projects', folder, 'mcpServers'], scope: folder })),
  ];
  return candidates.filter(({ path }) => findNodeAtLocation(tree, [...path])?.type === 'object');
}

/** The entries at one place: name and plain value. */
export function entriesAt(tree: Node | undefined, path: JSONPath): readonly (readonly [string, unknown])[] {
  const node = tree && findNodeAtLocation(tree, [...path]);
  if (node?.type !== 'object') return [];
  return (node.children ?? []).flatMap((child) => {
    const [key, value] = child.children ?? [];
    return key && value ? [[String(key.value), getNodeValue(value) as unknown] as const] : [];
  });
}

/** The text with every value that may be a secret masked, for showing; everything in env and headers that is no reference. */
export function maskSecrets(text: string, file: string): string {
  const tree = parseClientText(text, file);
  const nodes = tree ? secretNodes(tree, '', false) : [];
  return nodes.toSorted((a, b) => b.offset - a.offset).reduce(mask, text);
}

function mask(text: string, node: Node): string {
  return `${text.slice(0, node.offset)}"•••"${text.slice(node.offset + node.length)}`;
}

const SECRET_MAPS = new Set(['env', 'headers', 'requestInit', 'oauth', 'auth']);

function secretNodes(node: Node, key: string, within: boolean): readonly Node[] {
  if (node.type === 'string') {
    const value = String(node.value);
    const [, option, header] = /^(?:--?([\w-]+)=|([A-Za-z-]+):)/.exec(value) ?? [];
    return (within && !isReference(value)) || looksSecret(option ?? header ?? key, value) ? [node] : [];
  }
  if (node.type === 'array') {
    const items = node.children ?? [];
    return items.flatMap((child, index) => {
      const before: unknown = items[index - 1]?.value;
      return secretNodes(child, typeof before === 'string' && before.startsWith('-') ? before : '', within);
    });
  }
  return (node.children ?? []).flatMap((child) => {
    const [name, value] = child.children ?? [];
    const own = String(name?.value);
    return value ? secretNodes(value, own, within || SECRET_MAPS.has(own)) : [];
  });
}
