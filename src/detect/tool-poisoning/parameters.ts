import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';

/** Parameters that ask for what no caller's purpose needs: what was said before, what the model was told, a margin to write in. */
const ODD = new RegExp([
  '^(?:side_?notes?|system_?prompts?|(?:full_?)?conversation(?:_?(?:history|context|log))?|(?:chat|message)_?(?:history|log)',
  String.raw`previous_?messages|transcript|model_?instructions|hidden_?\w{1,20}|internal_?notes?|debug_?info)$`,
].join('|'), 'i');
/** A name that is an order itself: `content_from_reading_ssh_id_rsa`. */
const SECRET_NAMED = /id_?rsa|ssh_?key_?(?:content|text)|etc_?passwd|(?:contents?|text)_?(?:of|from)_?\w{0,40}(?:ssh|env|cred|passw|key)|env_?file_?content/i;
const DEPTH_MAX = 6;

/** Names of odd parameters of a tool's input schema, with their places below `at`. */
export function oddParameters(definition: Json, at: string): readonly string[] {
  const schema = isObject(definition) ? (definition['inputSchema'] ?? definition['parameters']) : undefined;
  return isObject(schema) ? inSchema(schema, `${at}/inputSchema`, DEPTH_MAX) : isObject(definition) ? inArguments(definition, at) : [];
}

function inSchema(schema: JsonObject, at: string, depth: number): readonly string[] {
  const properties = schema['properties'];
  if (depth === 0 || !isObject(properties)) return [];
  return Object.entries(properties).flatMap(([name, value]) => {
    const place = `${at}/properties/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    return [...(isOdd(name) ? [place] : []), ...(isObject(value) ? inSchema(value, place, depth - 1) : [])];
  });
}

/** A prompt's arguments. */
function inArguments(definition: JsonObject, at: string): readonly string[] {
  const list = definition['arguments'];
  if (!isArray(list)) return [];
  return list.flatMap((one, index) => (isObject(one) && typeof one['name'] === 'string' && isOdd(one['name']) ? [`${at}/arguments/${index}`] : []));
}

function isOdd(name: string): boolean {
  return name.length <= 200 && (ODD.test(name) || SECRET_NAMED.test(name));
}
