import { getNodeValue, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Node, ParseError } from 'jsonc-parser';
import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { parseYaml, plainOf, readText, twiceInYaml } from './document.ts';
import type { ReadDocument } from './document.ts';
import { locateJson, locateToml, locateYaml, regionsOf } from './region.ts';

/** What of a file could be read, although not all of it could. */
export interface LenientDocument extends ReadDocument {
  /** What stands twice under one name: clients differ in which of both they take. Each as a document with that one place. */
  readonly also: readonly ReadDocument[];
  readonly faults: readonly Fault[];
}

export interface Fault {
  /** 1-based. */
  readonly line: number;
  /** Holds nothing of the file. */
  readonly reason: string;
}

const NOTHING: ReadDocument = { json: null, locate: () => undefined };
const FAULTS_MAX = 5;

/**
 * Reads as much of a file as there is: clients are lenient, and one broken comma must hide no server. What is broken is said.
 * Never throws.
 */
export function readLeniently(text: string, file: string): LenientDocument {
  try {
    return { ...readText(text, file), also: [], faults: [] };
  } catch (cause) {
    // Parsers recurse: what is no fault of the text that they name is one of its depth.
    if (!(cause instanceof SallyportError) || cause.code === 'ERR_SURFACE_TOO_LARGE') return tooDeep();
  }
  try {
    if (/\.ya?ml$/i.test(file)) return yamlOf(text);
    return /\.toml$/i.test(file) ? tomlOf(text) : jsonOf(text);
  } catch {
    return tooDeep();
  }
}

function tooDeep(): LenientDocument {
  return { ...NOTHING, also: [], faults: [{ line: 1, reason: 'it is nested too deeply or too large to be read' }] };
}

function jsonOf(text: string): LenientDocument {
  const errors: ParseError[] = [];
  const tree = parseTree(text.replace(/^\ufeff/, ' '), errors, { allowTrailingComma: true });
  if (tree === undefined) return { ...NOTHING, also: [], faults: [{ line: 1, reason: 'it is no JSON' }] };
  const regionOf = regionsOf(text);
  const lineOf = (offset: number): number => regionOf(offset, offset).startLine;
  const twice = duplicatesIn(tree, []);
  const faults = [
    ...errors.slice(0, FAULTS_MAX).map(({ offset, error }) => ({ line: lineOf(offset), reason: `it is broken here: ${printParseErrorCode(error)}` })),
    ...twice.slice(0, FAULTS_MAX).map(({ value }) => ({ line: lineOf(value.offset), reason: 'a name stands twice: clients differ in which they take' })),
  ];
  const also = twice.slice(0, LIMITS.clientFileTwiceMax).map(({ path, value }): ReadDocument => {
    const region = regionOf(value.offset, value.offset + value.length);
    return { json: path.reduceRight<Json>((inner, name) => ({ [name]: inner }), plainOf(getNodeValue(value))), locate: () => region };
  });
  return { json: plainOf(getNodeValue(tree)), locate: locateJson(text), also, faults };
}

interface Twice {
  readonly path: readonly string[];
  readonly value: Node;
}

/** Values whose name stands again below them in the same object; in lists they are nobody's server. */
function duplicatesIn(node: Node, path: readonly string[]): readonly Twice[] {
  if (node.type !== 'object') return [];
  const last = new Map<unknown, Node>((node.children ?? []).map((child) => [child.children?.[0]?.value, child]));
  return (node.children ?? []).flatMap((child) => {
    const [key, value] = child.children ?? [];
    if (key === undefined || value === undefined) return [];
    const at = [...path, String(key.value)];
    return [...(last.get(key.value) === child ? [] : [{ path: at, value }]), ...duplicatesIn(value, at)];
  });
}

function yamlOf(text: string): LenientDocument {
  const document = parseYaml(text);
  const regionOf = regionsOf(text);
  const broken = [...document.errors.map(({ pos }) => pos[0]), ...twiceInYaml(document)].slice(0, FAULTS_MAX);
  const faults = broken.map((offset) => ({ line: regionOf(offset, offset).startLine, reason: 'it is broken here, or a name stands twice' }));
  try {
    return { json: plainOf(document.toJS({ maxAliasCount: 100 })), locate: locateYaml(text, document), also: [], faults };
  } catch {
    return { ...NOTHING, also: [], faults: [...faults, { line: 1, reason: 'its aliases cannot be followed' }] };
  }
}

/** Table by table: one that is broken hides no other. */
function tomlOf(text: string): LenientDocument {
  const faults: Fault[] = [];
  const read: Json[] = [];
  const lines = text.split('\n');
  const starts = [0, ...lines.flatMap((line, index) => (index > 0 && /^\s*\[/.test(line) ? [index] : []))];
  for (const [index, start] of starts.entries()) {
    try {
      read.push(plainOf(Bun.TOML.parse(lines.slice(start, starts[index + 1]).join('\n'))));
    } catch {
      if (faults.length < FAULTS_MAX) faults.push({ line: start + 1, reason: 'the table that begins here is broken' });
    }
  }
  const locate = locateToml(text);
  // A table that stands twice is two documents.
  return { ...NOTHING, also: read.map((json) => ({ json, locate })), faults: faults.length > 0 ? faults : [{ line: 1, reason: 'a name stands twice' }] };
}
