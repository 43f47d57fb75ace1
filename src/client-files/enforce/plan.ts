import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';

/** One server that people may use, as their clients reach it: through the gate, by a command, an address, or either. */
export interface Sanctioned {
  /** Its id in the registry; also what clients call it. */
  readonly name: string;
  /** The whole command line; absent where it is reached by its address alone. */
  readonly command?: readonly [string, ...string[]];
  readonly url?: string;
}

export interface EnforcePlan {
  readonly servers: readonly Sanctioned[];
  /** What an incident takes away: clients that can be told so deny it by name, whatever else would allow it. */
  readonly denied?: { readonly names: readonly string[]; readonly urls: readonly string[] };
  /** Address of the registry service, for clients that are told to install from it alone. */
  readonly registry?: string;
  /** Reverse-DNS name under which the registry lists servers. */
  readonly namespace: string;
  /** Where a client knows an exclusive set: nothing but what is deployed exists, rather than what matches. */
  readonly isExclusive: boolean;
}

export const SYSTEMS = ['linux', 'darwin', 'win32'] as const;
export type System = (typeof SYSTEMS)[number];

/** One document that is deployed, whole or as its keys in a file that others write too. */
export interface Artefact {
  readonly id: string;
  /** Where it lies on each system; absent: it is handed to a console or served, not written to a machine. */
  readonly paths?: Readonly<Partial<Record<System, string>>>;
  /** Where it goes that has no path, in words. */
  readonly delivered?: string;
  readonly format: 'json' | 'toml';
  /** The keys that are ours, by their path from the root; whatever else the file holds stays. */
  readonly keys: readonly { readonly at: readonly string[]; readonly value: Json }[];
}

/** A server as a client comes across it before its managed settings have a word. */
export interface Offered {
  readonly name: string;
  readonly command?: readonly string[];
  readonly url?: string;
  readonly origin: 'user' | 'project' | 'plugin' | 'connector' | 'built-in' | 'managed';
}

/** What a client finds when it starts. A document that is there and can't be read is `malformed`. */
export interface Situation {
  readonly deployed: Readonly<Record<string, Json | undefined>>;
  readonly malformed?: readonly string[];
  /** The person's own settings, where the client merges them with the managed ones. */
  readonly user?: Json;
  readonly flags?: Readonly<Record<string, readonly string[]>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly offered: readonly Offered[];
}

/** A client, or a family of them, whose makers left a place for an organisation's word. */
export interface Target {
  readonly id: string;
  readonly title: string;
  /** Ids of the table of clients that obey it. */
  readonly clients: readonly string[];
  compile(plan: EnforcePlan): readonly Artefact[];
  /** What of all that is offered the client would load: its merge rules, as its makers document them. */
  simulate(situation: Situation): readonly Offered[];
  /** What it does not hold against, in words for people. */
  readonly gaps: readonly string[];
}

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/**
 * Refuses what would mean more in a client's policy than it says here: patterns in addresses, variables in either (they are
 * expanded on the person's machine, with the person's environment), credentials. Throws `ERR_REQUEST_INVALID`.
 */
export function checkPlan(plan: EnforcePlan): void {
  for (const { name, command, url } of plan.servers) {
    if (!NAME.test(name)) throw refused(name, 'its name is none of the registry');
    if (command === undefined && url === undefined) throw refused(name, 'it has neither a command nor an address');
    if (command?.some((word) => word.includes('${') || /[\p{Cc}\p{Cf}]/u.test(word)) === true) {
      throw refused(name, 'its command has a variable or a control character in it');
    }
    if (command !== undefined && !/^(?:\/|[A-Za-z]:\\)/.test(command[0])) {
      throw refused(name, 'its command is no absolute path: whatever stands first in PATH would match');
    }
    if (url !== undefined) checkUrl(name, url);
  }
  if (new Set(plan.servers.map(({ name }) => name)).size !== plan.servers.length) throw refused('', 'one name stands twice');
  if (plan.registry !== undefined) checkUrl('the registry', plan.registry);
}

function checkUrl(name: string, url: string): void {
  const read = URL.canParse(url) ? new URL(url) : undefined;
  if (read === undefined || !/^https?:$/.test(read.protocol)) throw refused(name, 'its address is none');
  if (/[*${}]/.test(url)) throw refused(name, 'its address has a pattern or a variable in it');
  if (read.username !== '' || read.password !== '' || read.search !== '' || read.hash !== '') throw refused(name, 'its address has more than host and path');
}

function refused(name: string, why: string): SallyportError {
  return new SallyportError('ERR_REQUEST_INVALID', `${name === '' ? 'the plan' : name} can't be enforced: ${why}`, {
    remedy: 'Correct the server in the registry, or name another program or gate address.',
  });
}
