import { getNodeValue } from 'jsonc-parser';
import { isScalar, parseDocument, visit } from 'yaml';
import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { parseClientText } from '../text.ts';
import { showHidden } from '../../domain/hidden.ts';
import { locateJson, locateToml, locateYaml } from './region.ts';
import type { Locate } from './region.ts';

/** A file as data, and where in it everything stands. */
export interface ReadDocument {
  readonly json: Json;
  readonly locate: Locate;
}

/** Reads JSON with comments, YAML and TOML. Throws `ERR_CONFIG_SYNTAX`, and `ERR_SURFACE_TOO_LARGE` where it is nested too deeply. */
export function readText(text: string, file: string): ReadDocument {
  if (nestingOf(text) > LIMITS.schemaDepthMax) {
    throw new SallyportError('ERR_SURFACE_TOO_LARGE', `${showHidden(file)} is nested more than ${LIMITS.schemaDepthMax} deep`,
      { remedy: 'No client reads such a file; look at how it was made.' });
  }
  if (/\.ya?ml$/i.test(file)) return readYaml(text, file);
  if (/\.toml$/i.test(file)) return readToml(text, file);
  // A list has no names that could stand twice.
  if (text.trimStart().startsWith('[')) return { json: listOf(text, file), locate: locateJson(text) };
  const tree = parseClientText(text, file);
  return { json: tree === undefined ? null : plainOf(getNodeValue(tree)), locate: locateJson(text) };
}

function listOf(text: string, file: string): Json {
  try {
    const json: Json = JSON.parse(text);
    return json;
  } catch (cause) {
    throw syntax(file, cause);
  }
}

function readYaml(text: string, file: string): ReadDocument {
  const document = parseYaml(text);
  const [problem] = document.errors;
  if (problem !== undefined) throw syntax(file, problem);
  const twice = twiceInYaml(document);
  if (twice[0] !== undefined) throw syntax(file, new Error(`a name stands twice at character ${twice[0]}`));
  try {
    return { json: plainOf(document.toJS({ maxAliasCount: 100 })), locate: locateYaml(text, document) };
  } catch (cause) {
    throw syntax(file, cause);
  }
}

/** Names that stand twice are looked for apart: the parser compares each with each. Throws `ERR_SURFACE_TOO_LARGE`. */
export function parseYaml(text: string): ReturnType<typeof parseDocument> {
  if (text.length > LIMITS.clientYamlCharsMax) {
    throw new SallyportError('ERR_SURFACE_TOO_LARGE', `it is YAML of more than ${LIMITS.clientYamlCharsMax} characters`,
      { remedy: 'No client has such a file.' });
  }
  return parseDocument(text, { uniqueKeys: false, prettyErrors: false });
}

/** Where a name stands that stood before in the same map: offsets in the text. */
export function twiceInYaml(document: ReturnType<typeof parseDocument>): readonly number[] {
  const found: number[] = [];
  visit(document, {
    Map: (_, { items }) => {
      const names = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (names.has(key.value)) found.push(key.range?.[0] ?? 0);
        names.add(key.value);
      }
    },
  });
  return found;
}

function readToml(text: string, file: string): ReadDocument {
  try {
    return { json: plainOf(Bun.TOML.parse(text)), locate: locateToml(text) };
  } catch (cause) {
    throw syntax(file, cause);
  }
}

function syntax(file: string, cause: unknown): SallyportError {
  const why = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : '';
  return new SallyportError('ERR_CONFIG_SYNTAX', `${showHidden(file)}: ${showHidden(why)}`, { remedy: 'Correct the file, or let the client write it anew.' });
}

/** How deep brackets stand in each other outside of strings: known before anything that recurses reads it. */
function nestingOf(text: string): number {
  let [depth, deepest, quoted] = [0, 0, false];
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charCodeAt(at);
    if (sign === 0x5c && quoted) at += 1;
    else if (sign === 0x22 || sign === 0x0a) quoted = sign === 0x22 && !quoted;
    else if (!quoted && (sign === 0x7b || sign === 0x5b)) deepest = Math.max(deepest, depth += 1);
    else if (!quoted && (sign === 0x7d || sign === 0x5d)) depth -= 1;
  }
  return deepest;
}

/** Plain JSON, whatever the parser made (dates, big numbers); what parsers make differs even where it says the same. */
export function plainOf(value: unknown): Json {
  const json: Json = JSON.parse(JSON.stringify(value ?? null));
  return json;
}
