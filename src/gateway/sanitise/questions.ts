import type { Exchange } from '../../domain/exchange.ts';
import { isObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { Message } from '../../domain/message.ts';
import type { Cleaned } from './text.ts';

/**
 * What a server asks of people and models, as it may be asked: who asks is said in front, since one client may have many servers behind
 * one route; a model gets none of the client's context of other servers along with it (`includeContext`), and no more tokens than the
 * standing limit.
 */
export function safeQuestions(body: Json, message: Message, exchange: Exchange, done: Set<Cleaned>): Json {
  if (!isObject(body)) return body;
  if (message.kind === 'request') return asked(message.method, body, exchange, done);
  const { inputRequests } = body;
  if (!isObject(inputRequests)) return body;
  const asks = Object.entries(inputRequests).map(([key, ask]) => [key, isObject(ask) ? within(ask, exchange, done) : ask] as const);
  return asks.every(([key, ask]) => ask === inputRequests[key]) ? body : { ...body, inputRequests: Object.fromEntries(asks) };
}

function within(ask: JsonObject, exchange: Exchange, done: Set<Cleaned>): JsonObject {
  const { method, params } = ask;
  if (typeof method !== 'string' || !isObject(params)) return ask;
  const safe = asked(method, params, exchange, done);
  return safe === params ? ask : { ...ask, params: safe };
}

function asked(method: string, params: JsonObject, exchange: Exchange, done: Set<Cleaned>): JsonObject {
  if (method === 'sampling/createMessage') return ofModel(params, exchange, done);
  const { message } = params;
  if (method !== 'elicitation/create' || typeof message !== 'string') return params;
  return { ...params, message: `${exchange.server.id} asks: ${message}` };
}

function ofModel(params: JsonObject, { snapshot }: Exchange, done: Set<Cleaned>): JsonObject {
  const { includeContext, maxTokens, ...rest } = params;
  const most = snapshot.limits.samplingTokens;
  const isTooMuch = typeof maxTokens !== 'number' || maxTokens > most;
  if (includeContext === undefined && !isTooMuch) return params;
  if (includeContext !== undefined) done.add('context');
  if (isTooMuch) done.add('tokens');
  return { ...rest, maxTokens: isTooMuch ? most : maxTokens };
}
