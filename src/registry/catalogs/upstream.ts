import { SallyportError } from '../../domain/errors.ts';
import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { readServerJson } from '../server-json/read.ts';
import type { Found, UpstreamEntry } from './catalog.ts';

/** A list of answers that are lists of servers: nothing that exports is deeper. */
const LISTS_MAX = 3;
const OFFICIAL = 'io.modelcontextprotocol.registry/official';

/** Undefined: the text is nothing of the kind. */
export function readUpstream(text: string): readonly Found[] | undefined {
  const whole = parse(text);
  if (whole !== undefined) return collect(whole, '');
  // One answer or document a line, as exports of many pages are written.
  const lines = linesOf(text);
  if (lines === undefined) return undefined;
  const parsed = lines.map(({ line, at }) => ({ at, value: parse(line) }));
  if (!parsed.some(({ value }) => value !== undefined && collect(value, '') !== undefined)) return undefined;
  return parsed.flatMap(({ at, value }): readonly Found[] =>
    (value === undefined ? undefined : collect(value, at)) ?? [{ at, reason: 'the line is no answer of a registry' }]);
}

/** Lines that say something, with their place; undefined: of more of them than a catalogue has entries. None is made of what is empty. */
function linesOf(text: string): readonly { readonly line: string; readonly at: string }[] | undefined {
  const lines: { readonly line: string; readonly at: string }[] = [];
  let [number, from] = [0, 0];
  while (from < text.length) {
    const end = text.indexOf('\n', from);
    const line = text.slice(from, end === -1 ? text.length : end).trim();
    [number, from] = [number + 1, end === -1 ? text.length : end + 1];
    if (line !== '') lines.push({ line, at: `line ${number}` });
    if (lines.length > LIMITS.catalogEntriesMax) return undefined;
  }
  return lines;
}

function collect(value: Json, at: string, depth = 0): readonly Found[] | undefined {
  if (depth > LISTS_MAX) return undefined;
  const place = (name: string): string => (at === '' ? name : `${at}, ${name}`);
  if (isArray(value)) {
    const parts = value.map((one, index) => collect(one, place(String(index)), depth + 1));
    return parts.some((part) => part !== undefined) || value.length === 0
      ? parts.flatMap((part, index) => part ?? [{ at: place(String(index)), reason: 'it is no server of a registry' }]) : undefined;
  }
  if (!isObject(value)) return undefined;
  const { servers } = value;
  if (isArray(servers)) return servers.map((one, index) => readOne(isObject(one) ? one : {}, place(`servers.${index}`), true));
  const isAnswer = isObject(value['server']);
  return isAnswer || typeof value['name'] === 'string' ? [readOne(value, at === '' ? 'the document' : at, isAnswer)] : undefined;
}

/** `isAnswer`: a registry's. A document alone is its publisher's, who does not say since when others could look at it. */
function readOne(wrapped: JsonObject, at: string, isAnswer: boolean): Found {
  const server = isObject(wrapped['server']) ? wrapped['server'] : wrapped;
  const meta = isObject(wrapped['_meta']) ? wrapped['_meta'][OFFICIAL] : undefined;
  const official = isObject(meta) ? meta : {};
  try {
    return { at, entry: { server: readServerJson(server), ...statusOf(official['status'] ?? server['status']), ...(isAnswer ? publishedAt(official) : {}) } };
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    return { at, reason: error.message };
  }
}

/** A status that is not known is none that lets something through. */
function statusOf(said: Json | undefined): Pick<UpstreamEntry, 'status'> {
  if (said === undefined || said === 'active') return { status: 'active' };
  return { status: said === 'deprecated' ? 'deprecated' : 'deleted' };
}

function publishedAt(official: JsonObject): Pick<UpstreamEntry, 'publishedAt'> {
  const said = official['publishedAt'] ?? official['published_at'];
  const at = typeof said === 'string' ? Date.parse(said) : Number.NaN;
  return Number.isFinite(at) ? { publishedAt: at } : {};
}

function parse(text: string): Json | undefined {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}
