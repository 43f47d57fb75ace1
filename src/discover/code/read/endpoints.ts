import { lineAt } from '../../clues/source-roles.ts';
import { clueOfCommand, clueOfUrl } from '../clue.ts';
import type { CodeLook, Clue } from '../clue.ts';

/** What stands before an address that a program connects to as a client, whatever the address. */
const BEFORE = new RegExp('(?:StreamableHTTPClientTransport|SSEClientTransport|StreamableHttpClientTransport(?:::from_uri)?|streamable_?http_?client|sse_client'
  + '|MCPServerStreamableHttp|MCPServerSse|HostedMCPTool|server_?[uU]rl["\']?|StreamableClientTransport)\\W[^\\n]{0,80}$');
const ADDRESS = /["'`](https?:\/\/[^"'`\s<>{}]{4,500})["'`]/g;
const IN_PATH = /\/(?:mcp|sse)\/?$/;
/** A command and its arguments, as libraries take them: a text, then a list of texts. */
const COMMAND = /\bcommand["']?\s*[:=]\s*["'`]([^"'`\n]{1,200})["'`]\s*,\s*["']?args["']?\s*[:=]\s*\[([^\]]{0,2000})\]/g;
const MATCHES_MAX = 500;

/**
 * The servers that a source connects to: addresses given to a client's transport or to a model's API (`server_url`), addresses
 * that end in `/mcp` or `/sse`, and commands with their arguments. `speaks`: the source imports a library of the protocol;
 * without that, only what vendors publish as theirs counts, and what is named `server_url`.
 */
export function endpointsIn(text: string, speaks: boolean, look: CodeLook): readonly Clue[] {
  const isApi = /["']?type["']?\s*[:=]\s*["']mcp["']|mcp_servers|mcpServers/.test(text);
  const addresses = [...text.matchAll(ADDRESS)].slice(0, MATCHES_MAX).flatMap((match): readonly Clue[] => {
    const url = match[1] ?? '';
    if (isComment(text, match.index) || !URL.canParse(url)) return [];
    const { hostname, pathname } = new URL(url);
    const isGiven = BEFORE.test(text.slice(Math.max(0, match.index - 200), match.index));
    const isVendors = look.vendorOf(hostname, pathname) !== undefined;
    const confidence = isGiven && (speaks || isApi) ? 90 : (speaks || isApi) && (IN_PATH.test(pathname) || isVendors) ? 80 : isVendors ? 60 : 0;
    const found = confidence === 0 ? undefined : clueOfUrl(url, lineAt(text, match.index), confidence, 'an address in a source', look);
    return found === undefined ? [] : [confidence === 60 ? { ...found, confidence: 60 } : found];
  });
  const commands = !speaks && !isApi ? [] : [...text.matchAll(COMMAND)].slice(0, MATCHES_MAX).flatMap((match) => {
    const args = [...(match[2] ?? '').matchAll(/["'`]([^"'`\n]*)["'`]/g)].map(([, word = '']) => word);
    const found = isComment(text, match.index) ? undefined : clueOfCommand([match[1] ?? '', ...args], lineAt(text, match.index), look);
    return found === undefined ? [] : [found];
  });
  return [...addresses, ...commands];
}

function isComment(text: string, at: number): boolean {
  const row = text.slice(text.lastIndexOf('\n', at) + 1, at);
  return /^\s*(?:\/\/|#|\*|\/\*|--)/.test(row);
}
