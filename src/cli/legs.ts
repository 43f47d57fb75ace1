import type { JsonObject } from '../domain/json.ts';
import { isLoopbackHost } from '../domain/loopback.ts';
import type { Check } from './doctor.ts';
import { number, text } from './json-view.ts';
import { span } from './terminal.ts';

/**
 * How each leg is protected: clients to the gate, the gate to each server, roles on other machines. (Database and Redis beyond this machine
 * are refused without TLS.) `nodes`: who joined; those that are shut out have no leg.
 */
export function legsOf(gatewayUrl: string, servers: readonly JsonObject[], nodes: readonly JsonObject[], now: number): readonly Check[] {
  return [clientLeg(gatewayUrl), ...servers.map(serverLeg), ...nodes.filter(({ state }) => state !== 'revoked').map((node) => machineLeg(node, now))];
}

function machineLeg(node: JsonObject, now: number): Check {
  const name = `${text(node['role'])} ${text(node['node'])}`;
  const what = `leg: ${name} ↔ other machines`;
  if (text(node['state']) === 'joined') {
    return { what, state: 'good', found: `mutual TLS 1.3, its certificate ends in ${span(number(node['expiresAt']) - now)}`, remedy: '' };
  }
  const remedy = `join again (sallyport link token), or: sallyport link revoke ${name}`;
  return { what, state: 'bad', found: 'its certificate ran out: it can\'t be reached', remedy };
}

function clientLeg(publicUrl: string): Check {
  const what = 'leg: clients → gateway';
  if (publicUrl.startsWith('https:')) return { what, state: 'good', found: `TLS 1.3 at ${publicUrl}`, remedy: '' };
  return {
    what, state: isLoopback(publicUrl) ? 'warn' : 'bad', found: `clear text at ${publicUrl}`,
    remedy: 'leave --insecure-loopback away, and give an https publicUrl',
  };
}

function serverLeg(server: JsonObject): Check {
  const what = `leg: gateway → ${text(server['id'])}`;
  const endpoint = text(server['endpoint']);
  if (server['transport'] === 'stdio') return { what, state: 'good', found: 'a local process, by pipes of the runner', remedy: '' };
  if (endpoint.startsWith('https:')) return { what, state: 'good', found: 'TLS 1.3', remedy: '' };
  if (isLoopback(endpoint)) return { what, state: 'warn', found: 'clear text, on this machine only', remedy: 'give it an https URL where it can be had' };
  return { what, state: 'bad', found: 'clear text over the network', remedy: 'give it an https URL' };
}

function isLoopback(url: string): boolean {
  return URL.canParse(url) && isLoopbackHost(new URL(url).hostname);
}
