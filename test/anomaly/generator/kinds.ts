import type { Effect } from '../../../src/domain/server.ts';

/** What an agent of a kind does next to each other in a session: calls of some effect at one of these servers. */
export interface Activity {
  readonly name: string;
  readonly servers: readonly string[];
  readonly effects: readonly Effect[];
  /** How many tools an agent uses for it at most. */
  readonly tools: number;
  /** Weights of the activities that follow, in the order of the kind's list. */
  readonly next: readonly number[];
}

export interface Kind {
  readonly name: KindName;
  /** Of 200 agents. */
  readonly agents: number;
  readonly principal: 'person' | 'workload';
  /** What wakes it: see sessions.ts. */
  readonly rhythm: 'office' | 'clock' | 'nightly' | 'weekly' | 'incident';
  /** Sessions a working day (office), an hour (clock) or a wake-up (else); and how unequal the agents are (sigma of the logarithm). */
  readonly rate: number;
  readonly rateSigma: number;
  /** Calls a session: median, sigma, most. */
  readonly calls: readonly [number, number, number];
  /** Seconds between calls: median and sigma. */
  readonly gap: readonly [number, number];
  /** Destinations it knows at first, and the propensity to reach new ones (the concentration of a Chinese restaurant process). */
  readonly contacts: readonly [number, number];
  readonly activities: readonly Activity[];
  /** What its role may do everywhere that it has access to. */
  readonly grants: readonly Effect[];
}

export type KindName = 'coding' | 'desk' | 'support' | 'nightly' | 'weekly' | 'oncall' | 'sparse';

function activity(name: string, servers: string, effects: readonly Effect[], tools: number, next: readonly number[]): Activity {
  return { name, servers: servers.split(' '), effects, tools, next };
}

const DESK: readonly Activity[] = [
  activity('inbox', 'mail chat', ['read'], 5, [4, 3, 2, 1.5, 1, 1]),
  activity('lookup', 'wiki tracker crm calendar', ['read'], 8, [1, 5, 2, 1, 1, 1.5]),
  activity('web', 'web', ['read'], 3, [1, 2, 5, 1, 0.5, 0.5]),
  activity('write', 'wiki tracker calendar mail', ['write'], 5, [1, 2, 0.5, 2, 2, 0.5]),
  activity('tell', 'chat mail', ['communicate'], 3, [3, 2, 1, 1, 1, 0.5]),
  activity('figures', 'warehouse payments crm', ['read'], 5, [1, 1, 0.5, 1, 1, 5]),
];

/**
 * The 200 agents. Coding assistants call most often while they work (a median session of 18 calls, six seconds apart), desk
 * assistants little; support bots answer around the clock; jobs repeat themselves in a fixed order; on-call bots burst.
 */
export const KINDS: readonly Kind[] = [
  {
    name: 'coding', agents: 70, principal: 'person', rhythm: 'office', rate: 3, rateSigma: 0.8, calls: [18, 1, 400], gap: [6, 1.1], contacts: [6, 0.6],
    grants: ['read', 'write', 'execute', 'communicate'], activities: [
      activity('look', 'code', ['read'], 8, [4, 4, 1, 0.5, 0.7, 0.3, 0.4, 0.1]),
      activity('open', 'files', ['read'], 6, [1, 8, 4, 1, 0.2, 0.3, 0.1, 0]),
      activity('edit', 'files', ['write'], 3, [0.3, 4, 4, 4, 0.1, 0.1, 0.5, 0]),
      activity('run', 'build', ['execute', 'read'], 5, [0.3, 4, 2, 2, 0.2, 0.3, 1, 0.1]),
      activity('ticket', 'tracker', ['read', 'write'], 5, [3, 3, 0.3, 0.1, 2, 0.3, 0.1, 0.3]),
      activity('web', 'web', ['read'], 3, [1, 2, 1, 0.3, 0.1, 4, 0, 0]),
      activity('push', 'code', ['write'], 4, [2, 1, 0.5, 0.5, 1, 0, 1, 0.7]),
      activity('tell', 'chat', ['communicate'], 2, [2, 1, 0, 0, 1, 0, 0, 0.5]),
    ],
  },
  {
    name: 'desk', agents: 40, principal: 'person', rhythm: 'office', rate: 2.2, rateSigma: 0.7, calls: [8, 0.9, 150], gap: [14, 1.2], contacts: [25, 3],
    grants: ['read', 'write', 'communicate'], activities: DESK,
  },
  {
    name: 'support', agents: 24, principal: 'workload', rhythm: 'clock', rate: 3, rateSigma: 0.7, calls: [6, 0.5, 40], gap: [3, 0.8], contacts: [200, 400],
    grants: ['read', 'write', 'communicate'], activities: [
      activity('case', 'crm', ['read'], 5, [3, 4, 1.5, 0.6, 2]),
      activity('answer', 'knowledge', ['read'], 3, [1, 4, 0.3, 0.2, 3]),
      activity('charge', 'payments', ['read'], 4, [1, 1, 3, 0.5, 2]),
      activity('note', 'crm', ['write'], 3, [2, 1, 0.3, 1, 1]),
      activity('reply', 'crm mail', ['communicate'], 2, [2, 0.5, 0.1, 3, 0.3]),
    ],
  },
  {
    name: 'nightly', agents: 24, principal: 'workload', rhythm: 'nightly', rate: 1, rateSigma: 0, calls: [150, 0.9, 3_000], gap: [0.8, 0.5],
    contacts: [3, 0.05],
    grants: ['read', 'write', 'execute', 'communicate'], activities: [
      activity('extract', 'warehouse crm payments code tracker hr', ['read'], 3, [12, 6, 0.2, 0.02]),
      activity('store', 'warehouse wiki tracker crm', ['write', 'execute'], 2, [8, 2, 0.2, 0.02]),
      activity('check', 'monitor', ['read'], 2, [3, 1, 1, 0.1]),
      activity('tell', 'chat mail', ['communicate'], 1, [1, 0, 0, 0.1]),
    ],
  },
  {
    name: 'weekly', agents: 12, principal: 'workload', rhythm: 'weekly', rate: 1, rateSigma: 0, calls: [120, 0.7, 1_000], gap: [2, 0.6], contacts: [8, 0.3],
    grants: ['read', 'write', 'communicate'], activities: [
      activity('figures', 'warehouse crm payments tracker hr', ['read'], 6, [9, 1, 0.5]),
      activity('page', 'wiki', ['write'], 2, [3, 1, 0.5]),
      activity('tell', 'mail chat', ['communicate'], 2, [3, 0.3, 1]),
    ],
  },
  {
    name: 'oncall', agents: 10, principal: 'workload', rhythm: 'incident', rate: 1, rateSigma: 0, calls: [35, 0.8, 300], gap: [2.5, 0.9], contacts: [10, 0.5],
    grants: ['read', 'write', 'execute', 'communicate', 'destroy'], activities: [
      activity('signals', 'monitor', ['read'], 7, [7, 2, 0.6, 0.8, 0.5]),
      activity('cluster', 'deploy', ['read'], 6, [2, 6, 1.2, 0.3, 0.4]),
      activity('act', 'deploy', ['execute'], 3, [3, 3, 1, 0.5, 0.3]),
      activity('page', 'pager chat', ['communicate'], 3, [3, 1, 0.3, 0.3, 0.5]),
      activity('incident', 'pager tracker', ['read', 'write'], 4, [2, 1, 0.3, 1, 1]),
    ],
  },
  {
    name: 'sparse', agents: 20, principal: 'person', rhythm: 'office', rate: 0.25, rateSigma: 0.7, calls: [6, 0.8, 60], gap: [18, 1.1], contacts: [8, 2],
    grants: ['read', 'write', 'communicate'], activities: DESK,
  },
];
