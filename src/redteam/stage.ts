import type { JsonObject } from '../domain/json.ts';

/** What a scenario is played on: an installation of its own, in which nothing that happens has an effect outside. */
export interface Stage {
  /** Where the gate is: `http://127.0.0.1:1234`. */
  readonly gateUrl: string;
  /** Lets a toy answer HTTP where the gate reaches it. */
  serve(answer: (request: Request) => Promise<Response>): Promise<Served>;
  /**
   * Holds the gate to the configuration under test, with these servers and this Cedar text beside it, in place of those of the scenario
   * before; resolves when the gate is held to it.
   */
  arrange(toys: Arranged): Promise<void>;
  /** An agent's token for every route, until the run ends. */
  token(agent: string, groups: readonly string[]): Promise<string>;
  /** Asks the control API as the administrator. */
  administer(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: JsonObject): Promise<Administered>;
}

export interface Served {
  readonly url: string;
  stop(): Promise<void>;
}

export interface Arranged {
  /** Entries under `servers:` of the manifest, by id. */
  readonly servers: Readonly<Record<string, JsonObject>>;
  readonly policy: string;
}

export interface Administered {
  readonly status: number;
  readonly body: JsonObject;
}

/** What became of a scenario, as the attacker and the toys saw it. What the gate says of it is in its records. */
export interface Played {
  /** What must not have happened and did, in the order of the scenario's `harm`. */
  readonly harm: readonly Harmed[];
  /** What the gate refused, in its own words. */
  readonly refusals: readonly Refusal[];
  /** The agents that acted: their names in records. */
  readonly agents: readonly string[];
  /** Servers that could not be read or approved before the attack, with what the gate said of them. */
  readonly unapproved: Readonly<Record<string, string>>;
  /** Rules of what was found in what servers say of themselves, and codes of refusals, as whoever approves was shown them. */
  readonly shown: readonly string[];
  /** Epoch ms. */
  readonly began: number;
  readonly ended: number;
}

export interface Harmed {
  /** Its place in `harm` of the scenario. */
  readonly index: number;
  /** What was seen, in words that name no value. */
  readonly evidence: string;
}

export interface Refusal {
  /** `call rt-mail/send`, `knock /mcp/rt-mail` … */
  readonly what: string;
  readonly code: string;
  readonly exchange?: string;
}
