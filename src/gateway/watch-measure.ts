import type { CallAsked } from '../detect/anomaly/event.ts';
import type { Exchange } from '../domain/exchange.ts';
import { isArray, isObject, type Json, type JsonObject } from '../domain/json.ts';
import type { Labels } from '../domain/server.ts';

/** What a scorer is told of an exchange: names, types, sizes, and hashes of where things go. No value leaves this file. */
export function measure({ principal, space, server, call, tool, startedAt }: Exchange, flow: Labels, hash: (destination: string) => string): CallAsked {
  const { resource, method, action } = call;
  const given = call.arguments ?? {};
  const known = propertiesOf(tool?.definition['inputSchema']);
  const properties: { readonly name: string; readonly type: string; readonly bytes: number }[] = [];
  const destinations: string[] = [];
  let [unknownArguments, argumentBytes] = [0, 2];
  for (const [name, value] of Object.entries(given)) {
    const bytes = bytesOf(value);
    argumentBytes += name.length + 4 + bytes;
    if (known === undefined || Object.hasOwn(known, name)) properties.push({ name, type: typeOf(value), bytes });
    else unknownArguments += 1;
    collect(name, value, destinations, 0);
  }
  return {
    at: startedAt, space, principal: principal.id, principalKind: principal.kind, agent: principal.agent,
    // All that one vendor hosts has one baseline.
    server: server.vendor === undefined ? server.id : `vendor/${server.vendor.id}`, method, action,
    ...(resource.name === '' ? {} : { tool: resource.name }), ...(resource.effect === undefined ? {} : { effect: resource.effect }),
    arguments: properties, unknownArguments, argumentBytes, destinations: destinations.map(hash), labelsBefore: flow,
  };
}

function propertiesOf(schema: Json | undefined): JsonObject | undefined {
  const properties = isObject(schema) ? schema['properties'] : undefined;
  return isObject(properties) ? properties : undefined;
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  return isArray(value) ? 'array' : typeof value;
}

/** About as many as its JSON text has. */
function bytesOf(value: Json): number {
  if (typeof value === 'string') return value.length + 2;
  return typeof value === 'object' && value !== null ? JSON.stringify(value).length : String(value).length;
}

/** Names under which tools take a recipient, an account or a place to send to; elsewhere only addresses and URLs count. */
const NAMED = /^(?:to|cc|bcc|recipients?|channels?|accounts?|iban|payee|destinations?|hosts?|domains?|e?mails?|phone|webhook|url|uri)$/i;
const ADDRESS = /^[^\s@]{1,64}@[^\s@]{1,255}$/;
const URL_HOST = /^[a-z][a-z0-9+.-]{1,20}:\/\/(?:[^/@\s]*@)?([^/:?#\s]{1,255})/i;
const DESTINATIONS_MAX = 32;
const LENGTH_MAX = 2048;
const DEPTH_MAX = 3;

function collect(name: string, value: Json, into: string[], depth: number): void {
  if (into.length >= DESTINATIONS_MAX || depth > DEPTH_MAX) return;
  if (typeof value === 'string') {
    if (value === '' || value.length > LENGTH_MAX) return;
    const host = URL_HOST.exec(value)?.[1];
    if (host !== undefined) into.push(host.toLowerCase());
    else if (NAMED.test(name) || ADDRESS.test(value)) into.push(value.trim().toLowerCase());
  } else if (isArray(value)) {
    for (const item of value.slice(0, DESTINATIONS_MAX)) collect(name, item, into, depth + 1);
  } else if (isObject(value)) {
    for (const [inner, item] of Object.entries(value).slice(0, DESTINATIONS_MAX)) collect(inner, item, into, depth + 1);
  }
}
