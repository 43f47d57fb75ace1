import type { KnownSecrets } from '../domain/known-secrets.ts';
import type { JsonObject } from '../domain/json.ts';

/**
 * What content detectors know besides the message; all of it comes from the snapshot. What is not known is not supposed: without
 * roots no path is outside them, without trusted hosts every host is unknown.
 */
export interface Surroundings {
  /** Hosts that data may go to: `api.example.com`, or `*.example.com` for all below. */
  readonly trustedHosts: readonly string[];
  /** Hosts that nothing goes to now, trusted or not. */
  readonly blockedHosts: readonly string[];
  /** The folders that each server may be pointed at, absolute; a server that is not named has none declared. */
  readonly roots: Readonly<Record<string, readonly string[]>>;
  /** Servers that may be given addresses of the company's own networks. */
  readonly privateTargets: ReadonlySet<string>;
  /** What an administrator demands of arguments on top of the pinned schema, by `<server>/<tool>`: a JSON Schema. */
  readonly tightened: Readonly<Record<string, JsonObject>>;
  readonly secrets?: KnownSecrets;
  /** Names of the people of the connected directory, in lower case. */
  readonly people?: ReadonlySet<string>;
  /** Characters of one result above which it is a cost of its own. */
  readonly resultCharsMax: number;
}

export const UNINFORMED: Surroundings = {
  trustedHosts: [], blockedHosts: [], roots: {}, privateTargets: new Set(), tightened: {}, resultCharsMax: 256 * 1024,
};
