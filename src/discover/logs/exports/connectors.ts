import { isArray, isObject } from '../../../domain/json.ts';
import type { Json, JsonObject } from '../../../domain/json.ts';
import { LIMITS } from '../../../domain/limits.ts';
import { objectAt, textAt } from '../formats/record.ts';

/** One server that a product uses in its vendor's cloud, as the product's own export names it. */
export interface Connector {
  readonly line: number;
  readonly name?: string;
  readonly url: string;
  readonly person?: string;
  readonly isOff?: boolean;
}

export interface Connectors {
  readonly found: readonly Connector[];
  /** Connectors of the product's own, which name no address. */
  readonly addressless: number;
  /** There was more than is looked through. */
  readonly isCut: boolean;
}

/** Properties that hold the address of a server, and of nothing else. */
const OWN = ['mcpServerUrl', 'mcp_server_url', 'mcpUrl', 'mcp_url', 'server_url', 'serverUrl', 'connector_url', 'remote_url', 'Server URL', 'MCP server URL'];
/** The same where the object says itself that it is a connector. */
const SHARED = ['url', 'endpoint', 'base_url', 'baseUrl', 'URL'];
const NAMES = ['displayName', 'display_name', 'name', 'title', 'label', 'connector_name', 'server_name', 'Name'];
const KINDS = ['type', 'kind', 'category', 'event', 'object', 'connector_type', 'Type'];

/**
 * Looks through an export for connectors. Vendors publish no schema of these lists (but Microsoft of its manifests), so that they
 * are known by their properties, at any depth.
 */
export function connectorsIn(documents: readonly { readonly line: number; readonly value: Json }[]): Connectors {
  const found: Connector[] = [];
  let addressless = 0;
  let nodes = 0;
  /** How many addresses lie in it. */
  const look = (value: Json, line: number, above: Partial<Connector>, depth: number): number => {
    nodes += 1;
    if (nodes > LIMITS.exportNodesMax || depth > LIMITS.jsonDepthMax) return 0;
    if (isArray(value)) return value.reduce((sum: number, item) => sum + look(item, line, above, depth + 1), 0);
    if (!isObject(value)) return 0;
    const here = { ...above, ...saidOf(value) };
    const isConnector = KINDS.some((kind) => /mcp|connector/i.test(textAt(value, kind) ?? ''));
    const url = textAt(value, ...OWN) ?? (isConnector ? textAt(value, ...SHARED) ?? textAt(objectAt(value, 'spec') ?? {}, 'url') : undefined);
    const isAddress = url !== undefined && /^(?:https?|wss?):\/\//i.test(url);
    if (isAddress) found.push({ ...here, line, url });
    const below = Object.values(value).reduce((sum: number, child) => sum + look(child, line, here, depth + 1), 0);
    if (isConnector && !isAddress && below === 0 && textAt(value, ...NAMES) !== undefined) addressless += 1;
    return below + (isAddress ? 1 : 0);
  };
  for (const { line, value } of documents) look(value, line, {}, 0);
  return { found, addressless, isCut: nodes > LIMITS.exportNodesMax };
}

/** What an object says of itself, or of the connector that is written in it. */
function saidOf(value: JsonObject): Partial<Connector> {
  const name = textAt(value, ...NAMES);
  const actor = objectAt(value, 'actor') ?? objectAt(value, 'actor_info') ?? objectAt(value, 'created_by') ?? objectAt(value, 'owner') ?? {};
  const person = textAt(actor, 'email_address', 'email') ?? textAt(value, 'created_by', 'owner_email', 'created_by_email', 'Owner');
  const isOff = value['enabled'] === false || value['is_enabled'] === false || /^(?:disabled|off|blocked)$/i.test(textAt(value, 'status', 'state',
    'Status') ?? '');
  return { ...(name === undefined ? {} : { name }), ...(person === undefined ? {} : { person }), ...(isOff ? { isOff } : {}) };
}

/** Whose export it is, where that can be told. */
export function productOf(documents: readonly { readonly value: Json }[]): 'claude' | 'microsoft-365' | undefined {
  const start = JSON.stringify(documents.slice(0, 20).map(({ value }) => value)).slice(0, TOLD_BY);
  if (/"agentConnectors"|"RemoteMCPServer"|"mcpToolDescription"/.test(start)) return 'microsoft-365';
  return /"actor_info"|"organization_uuid"/.test(start) ? 'claude' : undefined;
}

const TOLD_BY = 1024 * 1024;
