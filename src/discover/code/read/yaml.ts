import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import type { Node } from 'yaml';
import { SallyportError } from '../../../domain/errors.ts';

/** A value of a YAML document with the line that it stands in: only maps, lists and texts; whatever else is a text. */
export interface Placed {
  readonly line: number;
  readonly text?: string;
  readonly items?: readonly Placed[];
  readonly members?: ReadonlyMap<string, Placed>;
}

const DEPTH_MAX = 40;
const NODES_MAX = 200_000;

/**
 * The documents of a YAML text. Aliases are left out, so that nothing grows; a template's gaps (`{{ … }}`) are texts. Throws
 * `ERR_CONFIG_SYNTAX` with the line where it is broken.
 */
export function readYaml(text: string): readonly Placed[] {
  const counter = new LineCounter();
  const plain = text.includes('{{') ? withoutTemplates(text) : text;
  const documents = parseAllDocuments(plain, { lineCounter: counter, uniqueKeys: false, strict: false, logLevel: 'silent', prettyErrors: false });
  if (!Array.isArray(documents)) return [];
  const broken = documents.flatMap(({ errors }) => errors)[0];
  if (broken !== undefined) {
    const { line } = counter.linePos(broken.pos[0]);
    throw new SallyportError('ERR_CONFIG_SYNTAX', `is no YAML from line ${line} on`, { remedy: 'Correct the file.' });
  }
  let nodes = 0;
  const place = (node: unknown, depth: number): Placed | undefined => {
    nodes += 1;
    if (depth > DEPTH_MAX || nodes > NODES_MAX || !isNode(node) || isAlias(node)) return undefined;
    const line = node.range === undefined || node.range === null ? 1 : counter.linePos(node.range[0]).line;
    // The text of a block begins below its mark.
    if (isScalar(node)) return { line: node.type?.startsWith('BLOCK') === true ? line + 1 : line, text: textOf(node.value) };
    if (isSeq(node)) return { line, items: node.items.flatMap((item) => some(place(item, depth + 1))) };
    if (!isMap(node)) return undefined;
    const members = node.items.flatMap(({ key, value }) => {
      const placed = place(value, depth + 1);
      return placed === undefined || !isScalar(key) ? [] : [[String(key.value), placed] as const];
    });
    return { line, members: new Map(members) };
  };
  return documents.flatMap(({ contents }) => some(place(contents, 0)));
}

function isNode(value: unknown): value is Node {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint' ? String(value) : '';
}

function some(placed: Placed | undefined): readonly Placed[] {
  return placed === undefined ? [] : [placed];
}

/** Lines that only steer a template go; what a template fills in is a word of no meaning. */
function withoutTemplates(text: string): string {
  return text.replaceAll(/^[ \t]*\{\{-?[^{}]*\}\}[ \t]*$/gm, '').replaceAll(/"?\{\{[^{}\n]*\}\}"?/g, 'TEMPLATE');
}

export function at(placed: Placed | undefined, ...path: readonly string[]): Placed | undefined {
  return path.reduce<Placed | undefined>((now, name) => now?.members?.get(name), placed);
}

/** A list of words, or one line of them. */
export function wordsAt(placed: Placed | undefined): readonly string[] {
  if (placed?.items !== undefined) return placed.items.flatMap(({ text }) => (text === undefined ? [] : [text]));
  return placed?.text === undefined ? [] : placed.text.split(/\s+/).filter((word) => word !== '');
}

/** Every value in it, itself first. */
export function* everything(placed: Placed): Generator<Placed> {
  yield placed;
  for (const below of [...(placed.items ?? []), ...(placed.members?.values() ?? [])]) yield* everything(below);
}
