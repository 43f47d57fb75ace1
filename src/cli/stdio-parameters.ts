import { isArray, isObject, type Json, type JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { parametersOf } from '../mcp/parameter-headers.ts';
import type { GateDoor } from './gate-door.ts';
import { readAnswer } from './stdio-answer.ts';
import { modernHeaders, readSaid, type Said } from './stdio-message.ts';

/** The `Mcp-Param-*` headers of a call, by the schema that the gate lists for its tool; undefined when it lists none. */
export async function learnParameters(call: Said, door: GateDoor, signal: AbortSignal): Promise<Readonly<Record<string, string>> | undefined> {
  const params = call.message?.['params'];
  if (!isObject(params)) return undefined;
  const { progressToken: _, ...meta } = isObject(params['_meta']) ? params['_meta'] : {};
  let cursor: Json | undefined;
  for (let page = 0; page < LIMITS.surfacePagesMax; page += 1) {
    const result = await listPage({ _meta: meta, ...(cursor === undefined ? {} : { cursor }) }, door, signal);
    const tools = result?.['tools'] ?? null;
    for (const tool of isArray(tools) ? tools : []) {
      if (isObject(tool) && tool['name'] === params['name'] && isObject(tool['inputSchema'])) return parametersOf(params, tool['inputSchema']);
    }
    cursor = result?.['nextCursor'];
    if (cursor === undefined) return undefined;
  }
  return undefined;
}

async function listPage(params: JsonObject, door: GateDoor, signal: AbortSignal): Promise<JsonObject | undefined> {
  const said = readSaid(JSON.stringify({ jsonrpc: '2.0', id: 'sallyport-connect', method: 'tools/list', params }));
  if (said === undefined) return undefined;
  let result: JsonObject | undefined;
  const response = await door.send({ method: 'POST', headers: modernHeaders(said), body: said.line }, signal);
  await readAnswer(response, ({ message }) => {
    const found = message?.['result'];
    if (isObject(found)) result = found;
  });
  return result;
}
