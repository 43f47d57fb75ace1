import { SallyportError } from '../../domain/errors.ts';
import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { UNLABELLED } from '../../domain/server.ts';
import type { Pin, PinKind, Surface, Tool } from '../../domain/server.ts';
import { pinOf } from '../../registry/canonical.ts';
import { guessEffect } from '../../registry/effects.ts';
import { showHidden } from '../../domain/hidden.ts';
import type { Region } from '../../client-files/read/region.ts';

/** What one server said of itself, wherever it was read. */
export interface Target {
  /** The server's name where it has one, else the file's. */
  readonly name: string;
  /** Where it was read: a file, a URL, a command; for people and for SARIF. */
  readonly from: string;
  readonly surface: Pick<Surface, 'tools' | 'prompts' | 'templates' | 'instructions'>;
  /** What it told a client of another name: looked at like the rest, and no server of its own. */
  readonly isAnother?: boolean;
  /** Why not all of it was read. */
  readonly incomplete?: string;
  /** Where in a file something of it stands, by its pointer into `{instructions, tools, prompts, resourceTemplates}`. */
  readonly locate?: (pointer: string) => Region | undefined;
}

/** Results of the list methods, put together; also a bare list of tools, or a whole JSON-RPC answer. */
export interface Said {
  readonly instructions?: Json;
  readonly tools?: Json;
  readonly prompts?: Json;
  readonly resourceTemplates?: Json;
  /** Why not everything is here. */
  readonly incomplete?: string;
}

/**
 * A target out of what was said. Nothing is refused for how it is named: that is what detectors look at. What is too much, or
 * nested too deeply, is left out and told. Throws `ERR_SURFACE_INVALID` where it is no list of definitions at all.
 */
export function toTarget(name: string, from: string, said: Said): Target {
  const lists = { tools: itemsOf(said.tools), prompts: itemsOf(said.prompts), templates: itemsOf(said.resourceTemplates) };
  const limits = new Set(said.incomplete === undefined ? [] : [said.incomplete]);
  const pins = (kind: PinKind, items: readonly JsonObject[], key: string): readonly Pin[] => {
    if (items.length > LIMITS.surfaceItemsMax) limits.add(`it lists more than ${LIMITS.surfaceItemsMax} items`);
    return items.slice(0, LIMITS.surfaceItemsMax).map((definition, index) => {
      const called = nameOf(definition, key, index);
      if (nestingOf(definition) <= LIMITS.schemaDepthMax) return pinOf(kind, called, definition);
      limits.add(`${showHidden(called.slice(0, NAME_CHARS_MAX))} is nested more than ${LIMITS.schemaDepthMax} deep`);
      return pinOf(kind, called, { name: called });
    });
  };
  const { instructions } = said;
  const surface = {
    ...(typeof instructions === 'string' && instructions !== '' ? { instructions: pinOf('instructions', '', { instructions }) } : {}),
    tools: pins('tool', lists.tools, 'name').map((pin): Tool => ({
      ...pin, kind: 'tool', effect: guessEffect(pin.definition), confirmed: false, labels: UNLABELLED,
    })),
    prompts: pins('prompt', lists.prompts, 'name'),
    templates: pins('template', lists.templates, 'uriTemplate'),
  };
  return { name, from, surface, ...(limits.size === 0 ? {} : { incomplete: [...limits].slice(0, TOLD_MAX).join('; ') }) };
}

const NAME_CHARS_MAX = 100;
const TOLD_MAX = 5;

/** Without recursion: it is asked before anything recurses. */
function nestingOf(definition: JsonObject): number {
  let [depth, level]: [number, readonly Json[]] = [0, [definition]];
  while (level.length > 0 && depth <= LIMITS.schemaDepthMax) {
    depth += 1;
    level = level.flatMap((value) => (isArray(value) ? value : isObject(value) ? Object.values(value).filter((one) => one !== undefined) : []))
      .filter((value) => typeof value === 'object' && value !== null);
  }
  return depth;
}

/** Under which names of a document its lists stand: an answer has them in its `result`. */
export function baseOf(json: Json): readonly string[] {
  return isObject(json) && isObject(json['result']) ? ['result', ...baseOf(json['result'])] : [];
}

/** What of a JSON document is a list of definitions; undefined where nothing is. */
export function saidIn(json: Json): Said | undefined {
  if (isArray(json)) return json.length > 0 && json.every((one) => isObject(one) && typeof one['name'] === 'string') ? { tools: json } : undefined;
  if (!isObject(json)) return undefined;
  const { result, tools, prompts, resourceTemplates, instructions } = json;
  if (isObject(result)) return saidIn(result);
  if (![tools, prompts, resourceTemplates].some((list) => isArray(list))) return undefined;
  return {
    ...(tools === undefined ? {} : { tools }), ...(prompts === undefined ? {} : { prompts }),
    ...(resourceTemplates === undefined ? {} : { resourceTemplates }), ...(instructions === undefined ? {} : { instructions }),
  };
}

function itemsOf(list: Json | undefined): readonly JsonObject[] {
  if (list === undefined) return [];
  if (isArray(list) && list.every(isObject)) return list;
  throw new SallyportError('ERR_SURFACE_INVALID', 'a list of definitions is not a list of objects',
    { remedy: 'Give the result of tools/list as it was answered.' });
}

function nameOf(definition: JsonObject, key: string, index: number): string {
  const name = definition[key];
  return typeof name === 'string' && name !== '' ? name : `#${index}`;
}
