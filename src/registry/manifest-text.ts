import { Composer, CST, isMap, isNode, isScalar, LineCounter, Parser, visit } from 'yaml';
import type { Document } from 'yaml';
import { tellComplaints } from '../domain/complaints.ts';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';

export type Path = readonly (string | number)[];

/** One thing that is wrong with a file, and where. */
export interface Complaint {
  readonly path: Path;
  /** An unknown key: the key itself is pointed at. */
  readonly key?: string;
  readonly message: string;
}

/** A parsed YAML file that knows where everything was. */
export interface ManifestText {
  readonly value: unknown;
  /** An `ERR_CONFIG_INVALID` with `file:line:column: message`, one line for each complaint. */
  invalid(complaints: readonly Complaint[], remedy: string, cause?: unknown): SallyportError;
  lineOf(path: Path): number;
}

/** More than people write; each alias can repeat all before it. */
const ALIASES_MAX = 100;

/** Of lists and maps in each other: what reads them calls itself for each. */
const DEPTH_MAX = 100;

/**
 * Parses YAML strictly: no duplicate keys, no unknown tags, one document. Throws `ERR_CONFIG_SYNTAX` with file, line and column. A
 * stranger may have written it (a vendor's disclosure): its time grows with its length, and no faster.
 */
export function parseManifestText(text: string, file: string): ManifestText {
  if (text.length > LIMITS.bodyBytesMax) throw syntax(`${file}:1:1: the file is over ${LIMITS.bodyBytesMax} characters`, 'split it');
  const lines = new LineCounter();
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  if (isTooDeep(tokens)) throw syntax(`${file}:1:1: the file has more than ${DEPTH_MAX} lists and maps in each other`, 'write it flatter');
  // Its own look for keys that stand twice compares each with each: ours is below.
  const composer = new Composer({ uniqueKeys: false, strict: true, prettyErrors: false, version: '1.2' });
  const [document, another] = composer.compose(tokens, true, text.length);
  if (document === undefined) throw syntax(`${file}:1:1: the file holds nothing that can be read`, 'write it as YAML');
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };
  const wrong = [...document.errors, ...document.warnings].map((error) => ({ offset: error.pos[0], message: error.message }));
  if (another !== undefined) wrong.push({ offset: another.range[0], message: 'the file holds more than one document' });
  wrong.push(...unsafeKeys(document));
  if (wrong.length > 0) {
    const told = tellComplaints(wrong, ({ offset, message }) => `${at(offset)}: ${message}`);
    throw syntax(told, 'correct the YAML at that place; each key may stand once');
  }
  return {
    value: toValue(document, file),
    lineOf: (path) => lines.linePos(offsetOf(document, { path, message: '' })).line,
    invalid(complaints, remedy, cause) {
      const told = tellComplaints(complaints, (complaint) => `${at(offsetOf(document, complaint))}: ${describe(complaint)}`);
      return new SallyportError('ERR_CONFIG_INVALID', told, { remedy, ...(cause !== undefined && { cause }) });
    },
  };
}

/** Of two that are one, readers take either; readers of objects drop `__proto__` without a word. */
function unsafeKeys(document: Document.Parsed): readonly { readonly offset: number; readonly message: string }[] {
  const found: { readonly offset: number; readonly message: string }[] = [];
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const offset = key.range?.[0] ?? 0;
        if (seen.has(key.value)) found.push({ offset, message: 'Map keys must be unique' });
        if (key.value === '__proto__') found.push({ offset, message: 'the key __proto__ is not allowed' });
        seen.add(key.value);
      }
    },
  });
  return found;
}

/** Without calling itself. */
function isTooDeep(tokens: readonly CST.Token[]): boolean {
  const left: { readonly token: CST.Token | null | undefined; readonly depth: number }[] = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { token, depth } = next;
    if (depth > DEPTH_MAX) return true;
    if (token?.type === 'document') left.push({ token: token.value, depth });
    if (!CST.isCollection(token)) continue;
    for (const { key, value } of token.items) left.push({ token: key, depth: depth + 1 }, { token: value, depth: depth + 1 });
  }
  return false;
}

function toValue(document: Document.Parsed, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (cause) {
    throw syntax(`${file}:1:1: the file repeats itself too often by aliases (*name)`, `write things out; at most ${ALIASES_MAX} aliases`, cause);
  }
}

function describe({ path, message }: Complaint): string {
  return path.length === 0 ? message : `${path.join('.')} ${message}`;
}

/** Where a path is: the unknown key, or the value, or the nearest thing around it that exists. */
function offsetOf(document: Document.Parsed, complaint: Complaint): number {
  for (let length = complaint.path.length; length >= 0; length -= 1) {
    const node = document.getIn(complaint.path.slice(0, length), true);
    const whole = length === complaint.path.length && isMap(node);
    const exact = whole && complaint.key !== undefined ? keyOffset(node.items, complaint.key) : undefined;
    if (exact !== undefined) return exact;
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

function keyOffset(items: readonly { readonly key: unknown }[], key: string): number | undefined {
  for (const item of items) if (isScalar(item.key) && String(item.key.value) === key) return item.key.range?.[0];
  return undefined;
}

function syntax(message: string, remedy: string, cause?: unknown): SallyportError {
  return new SallyportError('ERR_CONFIG_SYNTAX', message, { remedy, ...(cause !== undefined && { cause }) });
}
