import { SallyportError } from '../../domain/errors.ts';
import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { UNLABELLED } from '../../domain/server.ts';
import type { Pin, Surface, Tool } from '../../domain/server.ts';
import { pinOf } from '../../registry/canonical.ts';
import { guessEffect } from '../../registry/effects.ts';

/** What one server said of itself, wherever it was read. */
export interface Target {
  /** The server's name where it has one, else the file's. */
  readonly name: string;
  /** Where it was read: a file, a URL, a command; for people and for SARIF. */
  readonly from: string;
  readonly surface: Pick<Surface, 'tools' | 'prompts' | 'templates' | 'instructions'>;
}

/** Results of the list methods, put together; also a bare list of tools, or a whole JSON-RPC answer. */
export interface Said {
  readonly instructions?: Json;
  readonly tools?: Json;
  readonly prompts?: Json;
  readonly resourceTemplates?: Json;
}

/**
 * A target out of what was said. Nothing is refused for how it is named: that is what detectors look at. Throws
 * `ERR_SURFACE_TOO_LARGE`, `ERR_SURFACE_INVALID` where it is no list of definitions at all.
 */
export function toTarget(name: string, from: string, said: Said): Target {
  const tools = itemsOf(said.tools);
  const prompts = itemsOf(said.prompts);
  const templates = itemsOf(said.resourceTemplates);
  if (tools.length + prompts.length + templates.length > LIMITS.surfaceItemsMax) {
    throw new SallyportError('ERR_SURFACE_TOO_LARGE', `${from} lists more than ${LIMITS.surfaceItemsMax} items`, { remedy: 'Scan it in parts.' });
  }
  const { instructions } = said;
  return {
    name, from,
    surface: {
      ...(typeof instructions === 'string' && instructions !== '' ? { instructions: pinOf('instructions', '', { instructions }) } : {}),
      tools: tools.map((definition, index): Tool => ({
        ...pinOf('tool', nameOf(definition, 'name', index), definition), kind: 'tool', effect: guessEffect(definition), confirmed: false, labels: UNLABELLED,
      })),
      prompts: prompts.map((definition, index): Pin => pinOf('prompt', nameOf(definition, 'name', index), definition)),
      templates: templates.map((definition, index): Pin => pinOf('template', nameOf(definition, 'uriTemplate', index), definition)),
    },
  };
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
