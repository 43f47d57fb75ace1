import { isArray, isObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { Refusal } from '../stage.ts';
import { GULLIBLE, type Mind } from './mind.ts';
import type { Order } from './orders.ts';
import { say, type Heard } from './wire.ts';

/** An agent that does what its mind makes of what it reads, and never asks anybody; by default it believes whatever it reads. */
export interface Agent {
  call(server: string, tool: string, given: JsonObject): Promise<Heard>;
  /** What a server says of itself and of its tools. */
  list(server: string): Promise<readonly Heard[]>;
  read(server: string, uri: string): Promise<Heard>;
  prompt(server: string, name: string, given: JsonObject): Promise<Heard>;
  /** Any message as it is; nothing is obeyed. */
  say(server: string, method: string, params: JsonObject, headers: Readonly<Record<string, string>>): Promise<Heard>;
  /** Every text that it was given, the oldest first. */
  readonly given: readonly string[];
  /** Methods that servers asked of it. */
  readonly asked: readonly string[];
  readonly refusals: readonly Refusal[];
}

const ORDERS_MAX = 100;
const ROUNDS_MAX = 3;
const GIVEN_CHARS_MAX = 4 * 1024 * 1024;

/** `urlOf`: where the gate has a server, by its id. */
export function createAgent(urlOf: (server: string) => string, token: string, mind: Mind = GULLIBLE): Agent {
  const memory = new Memory();
  const refusals: Refusal[] = [];
  const asked: string[] = [];
  const changes: Extract<Order, { do: 'change' }>[] = [];

  const ask = async (what: string, server: string, method: string, params: JsonObject): Promise<Heard> => {
    let heard = await say(urlOf(server), token, method, params);
    for (let round = 0; round < ROUNDS_MAX && heard.result?.['resultType'] === 'input_required'; round += 1) {
      heard = await say(urlOf(server), token, method, { ...params, ...answersTo(heard.result, asked, memory) });
    }
    if (heard.result === undefined) refusals.push(refusalOf(what, heard));
    memory.add(textsIn(heard.result ?? heard.message ?? ''));
    return heard;
  };
  const obeying = async (heard: Heard, after: string): Promise<Heard> => {
    const source = memory.last;
    for (const order of await mind.decide(source, after)) {
      if (memory.followed.has(JSON.stringify(order)) || memory.followed.size >= ORDERS_MAX) continue;
      memory.followed.add(JSON.stringify(order));
      memory.source = source;
      await obey(order);
    }
    return heard;
  };
  const obey = async (order: Order): Promise<void> => {
    if (order.do === 'change') changes.push(order);
    else if (order.do === 'read') await agent.read(order.server, order.uri);
    else if (order.do === 'prompt') await agent.prompt(order.server, order.prompt, {});
    else await agent.call(order.server, order.tool, order.given);
  };
  const agent: Agent = {
    refusals, asked, given: memory.texts,
    async call(server, tool, given) {
      const changed = changes.filter((one) => one.server === server && one.tool === tool).map((one) => one.given);
      const filled = memory.fill(Object.assign({}, given, ...changed));
      const what = `call ${server}/${tool}`;
      return obeying(await ask(what, server, 'tools/call', { name: tool, arguments: isObject(filled) ? filled : {} }), what);
    },
    async list(server) {
      const heard = [await ask(`discover ${server}`, server, 'server/discover', {})];
      await obeying(heard[0] ?? { status: 0 }, `discover ${server}`);
      for (const what of ['tools', 'prompts']) heard.push(await obeying(await ask(`list ${server}`, server, `${what}/list`, {}), `list ${what} of ${server}`));
      return heard;
    },
    read: async (server, uri) => obeying(await ask(`read ${server} ${uri}`, server, 'resources/read', { uri }), `read ${server} ${uri}`),
    prompt: async (server, name, given) =>
      obeying(await ask(`get ${server}/${name}`, server, 'prompts/get', { name, arguments: given }), `get ${server}/${name}`),
    async say(server, method, params, headers) {
      const heard = await say(urlOf(server), token, method, params, headers);
      if (heard.result === undefined) refusals.push(refusalOf(`${method} ${server}`, heard));
      memory.add(textsIn(heard.result ?? heard.message ?? ''));
      return heard;
    },
  };
  return agent;
}

const PART = /<<([a-z0-9]+)(?::(\d+)\/(\d+))?>>/g;

/** What it read: the last whole answer, and all of them, of which orders may ask for parts. */
class Memory {
  readonly texts: string[] = [];
  readonly followed = new Set<string>();
  last = '';
  /** What ordered what is done now. */
  source = '';

  add(texts: readonly string[]): void {
    const text = texts.join('\n');
    this.last = text;
    const room = GIVEN_CHARS_MAX - this.texts.reduce((sum, one) => sum + one.length, 0);
    if (text !== '' && room > 0) this.texts.push(text.slice(0, room));
  }

  /** `<<read>>` and its like, in every string. */
  fill(value: Json): Json {
    if (typeof value === 'string') {
      return value.replaceAll(PART, (place, what: string, n?: string, of?: string) => this.#part(place, what, Number(n), Number(of)));
    }
    if (isArray(value)) return value.map((item) => this.fill(item));
    return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.fill(item)])) : value;
  }

  #part(place: string, what: string, n: number, of: number): string {
    const read = this.last;
    const size = Math.ceil(this.source.length / of);
    switch (what) {
      case 'read': return read;
      case 'all': return this.texts.join('\n');
      case 'base64': return Buffer.from(read).toString('base64');
      case 'hex': return Buffer.from(read).toString('hex');
      case 'reversed': return Array.from(read).toReversed().join('');
      case 'part': return this.source.slice((n - 1) * size, n * size);
      default: return place;
    }
  }
}

function refusalOf(what: string, { code, exchange, status }: Heard): Refusal {
  return { what, code: code ?? `HTTP ${status}`, ...(exchange === undefined ? {} : { exchange }) };
}

/** The host says yes to everything that servers ask of it. */
function answersTo(result: JsonObject, asked: string[], memory: Memory): JsonObject {
  const requests = isObject(result['inputRequests']) ? result['inputRequests'] : {};
  memory.add(textsIn(requests));
  const responses = Object.entries(requests).map(([key, request]) => {
    const method = isObject(request) && typeof request['method'] === 'string' ? request['method'] : '';
    asked.push(method);
    return [key, ANSWERS[method] ?? {}] as const;
  });
  const state = result['requestState'];
  return { inputResponses: Object.fromEntries(responses), ...(state === undefined ? {} : { requestState: state }) };
}

const ANSWERS: Readonly<Record<string, JsonObject>> = {
  'elicitation/create': { action: 'accept', content: { name: 'ann' } },
  'sampling/createMessage': { role: 'assistant', model: 'm', content: { type: 'text', text: 'said' } },
  'roots/list': { roots: [{ uri: 'file:///work' }] },
};

/** Every string of a value, keys too: what a model is shown. */
function textsIn(value: Json): readonly string[] {
  if (typeof value === 'string') return [value];
  if (isArray(value)) return value.flatMap(textsIn);
  return isObject(value) ? Object.entries(value).flatMap(([key, item]) => [key, ...textsIn(item)]) : [];
}
