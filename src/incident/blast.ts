import { isArray, isObject } from '../domain/json.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { CATEGORIES, CONFIDENTIALITIES, EFFECTS } from '../domain/server.ts';
import type { Category, Confidentiality, Effect } from '../domain/server.ts';

/** What was touched at one server. */
export interface TouchedServer {
  readonly server: string;
  readonly calls: number;
  readonly denied: number;
  readonly tools: readonly string[];
  readonly effects: readonly Effect[];
}

/** What records say that something touched. Times are epoch ms, absent where there is no record. */
export interface Touched {
  readonly records: number;
  readonly calls: number;
  readonly denied: number;
  readonly firstAt?: number;
  readonly lastAt?: number;
  readonly servers: readonly TouchedServer[];
  readonly principals: readonly string[];
  readonly agents: readonly string[];
  readonly contexts: readonly string[];
  readonly hosts: readonly string[];
  readonly confidentiality?: Confidentiality;
  readonly categories: readonly Category[];
  /** Names that there was no room for: it touched more than is shown. */
  readonly left: number;
}

interface Counted {
  calls: number;
  denied: number;
  readonly tools: Set<string>;
  readonly effects: Set<Effect>;
}

/** Adds up what records touched, one after the other: nothing of them is kept but names and counts. */
export interface Touching {
  add(record: JsonObject): void;
  result(): Touched;
}

export function createTouching(): Touching {
  const servers = new Map<string, Counted>();
  const names = { principal: new Set<string>(), agent: new Set<string>(), context: new Set<string>(), host: new Set<string>() };
  const categories = new Set<Category>();
  let [records, calls, denied, left, level]: [number, number, number, number, number] = [0, 0, 0, 0, -1];
  let times: readonly [first: number, last: number] | undefined;
  const put = (set: Set<string>, value: Json | undefined): void => {
    if (typeof value !== 'string' || value === '' || set.has(value)) return;
    if (set.size < LIMITS.incidentNamesMax) set.add(value);
    else left += 1;
  };
  const serverOf = (name: string): Counted | undefined => {
    const known = servers.get(name);
    if (known !== undefined) return known;
    if (servers.size >= LIMITS.incidentNamesMax) {
      left += 1;
      return undefined;
    }
    const made = { calls: 0, denied: 0, tools: new Set<string>(), effects: new Set<Effect>() };
    servers.set(name, made);
    return made;
  };
  return {
    add(record) {
      const { event, at, server, tool, effect, labels, detail } = record;
      records += 1;
      if (typeof at === 'number') times = [Math.min(times?.[0] ?? at, at), Math.max(times?.[1] ?? at, at)];
      for (const [kind, set] of Object.entries(names)) put(set, kind === 'host' ? (isObject(detail) ? detail['host'] : undefined) : record[kind]);
      const isCall = event === 'call.permitted';
      const isDenied = event === 'call.denied' || event === 'call.refused' || event === 'message.denied';
      calls += isCall ? 1 : 0;
      denied += isDenied ? 1 : 0;
      if (typeof server === 'string') countAt(serverOf(server), { isCall, isDenied, tool, effect, put });
      if (!isObject(labels)) return;
      level = Math.max(level, CONFIDENTIALITIES.findIndex((one) => one === labels['confidentiality']));
      const carried = labels['categories'];
      for (const category of CATEGORIES) if (isArray(carried) && carried.includes(category)) categories.add(category);
    },
    result() {
      const [principals, agents, contexts, hosts] = [names.principal, names.agent, names.context, names.host].map((set) => [...set]);
      const confidentiality = CONFIDENTIALITIES[level];
      return {
        records, calls, denied, ...(times !== undefined && { firstAt: times[0], lastAt: times[1] }),
        servers: [...servers].map(([server, one]) => ({ server, calls: one.calls, denied: one.denied, tools: [...one.tools], effects: [...one.effects] })),
        principals: principals ?? [], agents: agents ?? [], contexts: contexts ?? [], hosts: hosts ?? [],
        ...(confidentiality !== undefined && { confidentiality }), categories: [...categories], left,
      };
    },
  };
}

interface AtServer {
  readonly isCall: boolean;
  readonly isDenied: boolean;
  readonly tool: Json | undefined;
  readonly effect: Json | undefined;
  readonly put: (set: Set<string>, value: Json | undefined) => void;
}

/** A tool that was denied was not touched. */
function countAt(counted: Counted | undefined, { isCall, isDenied, tool, effect, put }: AtServer): void {
  if (counted === undefined) return;
  counted.calls += isCall ? 1 : 0;
  counted.denied += isDenied ? 1 : 0;
  if (isDenied) return;
  put(counted.tools, tool);
  const known = EFFECTS.find((one) => one === effect);
  if (isCall && known !== undefined) counted.effects.add(known);
}
