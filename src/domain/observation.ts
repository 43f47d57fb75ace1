import type { Runs } from './runs.ts';

/** What looked. One sensor, one way of seeing; an asset seen by several is surer than one seen by one. */
export const SENSORS = ['client-file', 'process', 'listener', 'container', 'manifest', 'code', 'network', 'log', 'grant', 'connector', 'gate'] as const;
export type Sensor = (typeof SENSORS)[number];

export const ASSET_KINDS = ['server', 'client', 'person', 'host'] as const;
export type AssetKind = (typeof ASSET_KINDS)[number];

/** What is wrong with an asset as it was seen: closed, so that policies, findings and the console mean the same. */
export const RISKS = [
  'remote-fetch', 'unpinned', 'secret-in-clear', 'readable-by-others', 'cleartext', 'shell', 'broad-folder', 'auto-approve',
  'wide-bind', 'no-auth', 'foreign-origin', 'dangerous-tools', 'old-protocol', 'advisory', 'end-of-life', 'ungovernable',
] as const;
export type Risk = (typeof RISKS)[number];

/**
 * By what two observations are known to be of the same asset; every key is exact and in its canonical form (`keysOf…` of
 * `discover/keys.ts` make them).
 * - `url:https://host/path`: scheme and host in lower case, default port left out, no query; of loopback addresses with the host
 *   before it (`url:laptop-7!http://127.0.0.1:3000/mcp`).
 * - `host:mcp.example.com`: known by its name alone (DNS, SNI, a connection).
 * - `package:npm/@scope/name`, `package:oci/registry/name`: without version.
 * - `program:laptop-7!/opt/x/server.js`: a program or script of one host.
 * - `process:laptop-7!4711!1763900000` (pid and its start), `listener:laptop-7!127.0.0.1:3000`, `container:laptop-7!<id>`.
 * - `client:<id>!<host>!<person>`: a client as one person has it, `person:<subject or user@host>`, `machine:<host>`.
 * - `gate:<server id>`: a server of the registry, by what it is declared as.
 */
export type AssetKey = string;

/**
 * One thing that one sensor saw. **Holds no secret**: command lines are redacted and cut before they get here, addresses have
 * neither user information nor query, file contents never appear. What of it a stranger wrote (names, titles) is shown inert.
 */
export interface Observation {
  readonly sensor: Sensor;
  readonly kind: AssetKind;
  /** The machine that it was seen on; absent: on none (a log of the network, an export). */
  readonly host?: string;
  /** Where exactly: `file:line`, `pid 4711`, `127.0.0.1:3000`, `http.log:line`. */
  readonly place: string;
  /** At least one. */
  readonly keys: readonly AssetKey[];
  /** What it calls itself or is called; never a reason to take two for one. */
  readonly name?: string;
  readonly runs?: Runs;
  /** The client that has it in its file or started it, an id of the table of clients. */
  readonly client?: string;
  /** The person whose file, process or grant it is. */
  readonly person?: string;
  /** How sure this alone makes that it is MCP, 1..100. */
  readonly confidence: number;
  readonly risks: readonly Risk[];
  /** Facts for people, few and short: versions, transports, scopes of a grant, what closes an ungovernable one. */
  readonly facts: Readonly<Record<string, string | number | boolean>>;
  /** Milliseconds since the epoch: when it was so. */
  readonly seenAt: number;
}

/** Something that a sensor should have looked at and could not: what was not seen is said, never passed over in silence. */
export interface Unseen {
  readonly place: string;
  /** For people: what was in the way, and with which right it could be seen. */
  readonly reason: string;
}

/** One run of a sensor: what it sees, and what it could not see, as it goes. */
export type Looked = AsyncIterable<Observation | Unseen>;

export function isUnseen(item: Observation | Unseen): item is Unseen {
  return !('sensor' in item);
}
