import { isObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { Toy, ToyAnswer, ToyPhase } from '../scenario.ts';
import { fill, fillJson, fillObject, type Values } from '../values.ts';

/** What reached a toy, beside the reading of what it says of itself. */
export interface Deed {
  readonly method: string;
  /** Of a call: the tool. */
  readonly tool?: string;
  /** Of a call: its arguments; else the parameters. */
  readonly given: JsonObject;
  readonly headers: Readonly<Record<string, string>>;
}

/** A server of a scenario, in plain JSON and in both eras: it says and answers what it was written to, and writes down what reached it. */
export interface ToyServer {
  answer(request: Request): Promise<Response>;
  /** From now on it says what stands in its phase of this number. */
  turn(phase: number): void;
  readonly deeds: readonly Deed[];
}

const MODERN = '2026-07-28';
const READING = new Set([
  'initialize', 'notifications/initialized', 'server/discover', 'tools/list', 'prompts/list', 'resources/list', 'resources/templates/list', 'ping',
]);
const CAPABILITIES = { tools: {}, prompts: {}, resources: {} };
const INFO = { name: 'toy', version: '1' };
const UNCACHED = { ttlMs: 0, cacheScope: 'private' };

/** `values`: asked at each answer, since what a server is called by is known only when all of them run. */
export function createToy(toy: Toy, values: () => Values): ToyServer {
  const deeds: Deed[] = [];
  const calls = new Map<string, number>();
  let phase: ToyPhase = toy.phases[0] ?? {};
  const answerTo = (said: Said): ToyAnswer | undefined => {
    const answers = phase.tools?.[textAt(said.params, 'name')]?.answers ?? [{ text: `did ${textAt(said.params, 'name')}` }];
    if (phase.tools?.[textAt(said.params, 'name')] === undefined) return undefined;
    if ('inputResponses' in said.params) return { text: `thanks: ${JSON.stringify(said.params['inputResponses'])}` };
    const count = calls.get(textAt(said.params, 'name')) ?? 0;
    calls.set(textAt(said.params, 'name'), count + 1);
    return answers[Math.min(count, answers.length - 1)];
  };
  return {
    deeds,
    turn: (number) => void (phase = toy.phases[number] ?? phase),
    async answer(request) {
      // What is fetched beside the endpoint nobody was sent for by the protocol.
      if (!new URL(request.url).pathname.endsWith('/mcp')) deeds.push({ method: 'fetched', given: {}, headers: {} });
      if (request.method !== 'POST') return new Response(null, { status: request.method === 'DELETE' ? 200 : 405 });
      const said = await read(request);
      if (said === undefined) return new Response(null, { status: 400 });
      if (!READING.has(said.method)) deeds.push(deedOf(said));
      const modern = said.headers['mcp-protocol-version'] === MODERN;
      if (toy.era !== undefined && modern !== (toy.era === 'modern')) return refuse(said, 400, modern ? -32_022 : -32_600, 'Unsupported protocol version');
      if (said.id === undefined) return new Response(null, { status: 202 });
      if (said.method === 'initialize') return modern ? refuse(said, 404, -32_601, 'Method not found') : greet(said, phase, values());
      const result = said.method === 'tools/call' ? called(said, answerTo(said), values()) : resultOf(said, phase, values());
      if (result instanceof Response) return result;
      if (result === undefined) return refuse(said, modern ? 404 : 200, -32_601, 'Method not found');
      return Response.json({ jsonrpc: '2.0', id: said.id, result: modern ? { resultType: 'complete', ...result } : result });
    },
  };
}

interface Said {
  readonly id: Json | undefined;
  readonly method: string;
  readonly params: JsonObject;
  readonly headers: Readonly<Record<string, string>>;
}

async function read(request: Request): Promise<Said | undefined> {
  const body = await request.text();
  const json: Json = body.startsWith('{') ? JSON.parse(body) : null;
  if (!isObject(json)) return undefined;
  const { id, method, params } = json;
  return { id, method: typeof method === 'string' ? method : 'answer', params: isObject(params) ? params : {}, headers: Object.fromEntries(request.headers) };
}

function deedOf({ method, params, headers }: Said): Deed {
  if (method !== 'tools/call') return { method, given: params, headers };
  const given = params['arguments'];
  return { method, tool: textAt(params, 'name'), given: isObject(given) ? given : {}, headers };
}

function greet({ id, params }: Said, phase: ToyPhase, values: Values): Response {
  const result = { protocolVersion: textAt(params, 'protocolVersion'), capabilities: CAPABILITIES, serverInfo: INFO, ...instructionsOf(phase, values) };
  return Response.json({ jsonrpc: '2.0', id, result }, { headers: { 'mcp-session-id': crypto.randomUUID() } });
}

function instructionsOf({ instructions }: ToyPhase, values: Values): JsonObject {
  return instructions === undefined ? {} : { instructions: fill(instructions, values) };
}

function resultOf({ method, params }: Said, phase: ToyPhase, values: Values): JsonObject | undefined {
  switch (method) {
    case 'server/discover':
      return { supportedVersions: [MODERN], capabilities: CAPABILITIES, serverInfo: INFO, ...instructionsOf(phase, values), ...UNCACHED };
    case 'tools/list':
      return { tools: toolsOf(phase, values), ...UNCACHED };
    case 'prompts/list':
      return { prompts: promptsOf(phase, values), ...UNCACHED };
    case 'resources/list':
      return { resources: Object.entries(phase.resources ?? {}).map(([uri, { name }]) => ({ uri, name: name ?? uri })), ...UNCACHED };
    case 'resources/templates/list':
      return { resourceTemplates: [], ...UNCACHED };
    case 'resources/read': {
      const uri = textAt(params, 'uri');
      const found = phase.resources?.[uri];
      if (found === undefined) return undefined;
      const { mimeType, meta: _meta } = found;
      return { contents: [{ uri, text: fill(found.text, values), ...(mimeType !== undefined && { mimeType }), ...(_meta && { _meta }) }], ...UNCACHED };
    }
    case 'prompts/get': {
      const found = phase.prompts?.[textAt(params, 'name')];
      return found && { messages: [{ role: 'user', content: { type: 'text', text: fill(found.text, values) } }] };
    }
    case 'ping':
      return {};
    default:
      return undefined;
  }
}

const ANYTHING = { type: 'object' };

function toolsOf({ tools = {} }: ToyPhase, values: Values): readonly JsonObject[] {
  return Object.entries(tools).map(([name, tool]) => ({
    name: fill(name, values), description: fill(tool.description, values), inputSchema: fillObject(tool.input ?? ANYTHING, values),
    ...(tool.title !== undefined && { title: fill(tool.title, values) }),
    ...(tool.output !== undefined && { outputSchema: fillObject(tool.output, values) }),
    ...(tool.annotations !== undefined && { annotations: tool.annotations }),
    ...(tool.meta !== undefined && { _meta: tool.meta }),
  }));
}

function promptsOf({ prompts = {} }: ToyPhase, values: Values): readonly JsonObject[] {
  return Object.entries(prompts).map(([name, { description, arguments: names = [] }]) => ({
    name, ...(description !== undefined && { description: fill(description, values) }), arguments: names.map((one) => ({ name: one })),
  }));
}

function called(said: Said, answer: ToyAnswer | undefined, values: Values): JsonObject | Response | undefined {
  if (answer === undefined) return undefined;
  const { text = '', repeat = 1, content, structured, isError, ask, meta, raw } = answer;
  if (raw !== undefined) {
    const body = raw.body === undefined ? null : fill(raw.body.replaceAll('{{id}}', JSON.stringify(said.id ?? null)), values);
    const headers = Object.entries(raw.headers ?? { 'content-type': 'application/json' }).map(([name, value]) => [name, fill(value, values)] as const);
    return new Response(body, { status: raw.status, headers: Object.fromEntries(headers) });
  }
  if (ask !== undefined) {
    const request = { method: ask.method, params: fillObject(ask.params, values) };
    return { resultType: 'input_required', inputRequests: { q: request }, requestState: 'asked' };
  }
  const whole = fill(text, values).repeat(repeat);
  return {
    content: content === undefined ? [{ type: 'text', text: whole }] : fillJson(content, values),
    ...(structured !== undefined && { structuredContent: fillObject(structured, values) }),
    ...(isError === true && { isError }),
    ...(meta !== undefined && { _meta: meta }),
  };
}

function refuse({ id }: Said, status: number, code: number, message: string): Response {
  return Response.json({ jsonrpc: '2.0', id: id ?? null, error: { code, message } }, { status });
}

function textAt(object: JsonObject, key: string): string {
  const text = object[key];
  return typeof text === 'string' ? text : '';
}
