import { narrowed, quote } from '../../audit/query/rewrite.ts';
import type { Category } from '../../domain/server.ts';
import { CATEGORIES } from '../../domain/server.ts';
import { SallyportError } from '../../domain/errors.ts';
import { DAY_MS } from '../../review/days.ts';
import { UNUSED } from '../../review/facts.ts';
import type { Used } from '../../review/facts.ts';
import type { Control } from '../control.ts';

/** What the ledger says of who used what. Counted in its index; no record is read. */
export interface Use {
  /** False: the ledger did not answer. */
  readonly isKnown: boolean;
  /** Since when there are records of calls, epoch ms. */
  readonly since: number;
  /** Permitted calls of tools, by policy that permitted them, then by tool (`<server>/<tool>`). A call that two policies permitted is of both. */
  readonly byPolicy: ReadonlyMap<string, ReadonlyMap<string, Used>>;
  /** Everything that a policy decided. */
  readonly decided: ReadonlyMap<string, Used>;
  readonly byServer: ReadonlyMap<string, Used>;
  /** In the last 30 days. */
  readonly answered: ReadonlyMap<string, number>;
  readonly failed: ReadonlyMap<string, number>;
  readonly labelled: ReadonlyMap<string, readonly Category[]>;
}

const WINDOWS = [30, 60, 90] as const;
type Values = readonly (string | number | null)[];
type Counted = readonly { readonly values: Values; readonly count: number }[];

const NOTHING: Use = {
  isKnown: false, since: 0, byPolicy: new Map(), decided: new Map(), byServer: new Map(), answered: new Map(), failed: new Map(), labelled: new Map(),
};

/** Counts the use of a space. Where the ledger does not answer, nothing is known, and nothing is called unused. */
export async function readUse(control: Pick<Control, 'ledger' | 'now'>, space: string, servers: readonly string[]): Promise<Use> {
  try {
    return await countUse(control, space, servers);
  } catch (error) {
    if (error instanceof SallyportError && /^ERR_(?:LINK|JOURNAL)_/.test(error.code)) return NOTHING;
    throw error;
  }
}

async function countUse({ ledger, now }: Pick<Control, 'ledger' | 'now'>, space: string, servers: readonly string[]): Promise<Use> {
  const at = now();
  const ask = async (conditions: readonly string[], by: string): Promise<Counted> =>
    (await ledger.search({ space, question: `${narrowed('', conditions)} count by ${by}`, now: at, order: 'newest', limit: 1 })).counts ?? [];
  // An index has a most that it counts at once: what is more is asked server by server.
  const whole = async (conditions: readonly string[], by: string): Promise<Counted> => {
    try {
      return await ask(conditions, by);
    } catch (error) {
      if (!(error instanceof SallyportError) || error.code !== 'ERR_QUERY_INVALID') throw error;
      const parts: Counted[] = [];
      for (const server of servers) parts.push(await ask([...conditions, `server = ${quote(server)}`], by));
      return parts.flat();
    }
  };
  const since = (days: number): string => `at >= ${at - days * DAY_MS}`;
  const [byPolicy, decided, byServer] = [new Map<string, Map<string, Used>>(), new Map<string, Used>(), new Map<string, Used>()];
  for (const days of WINDOWS) {
    for (const { values: [policies, server, tool], count } of await whole([since(days), 'event = call.permitted', 'has tool'], 'policy, server, tool')) {
      for (const policy of policiesIn(policies)) {
        const tools = byPolicy.get(policy) ?? new Map<string, Used>();
        byPolicy.set(policy, tools);
        add(tools, `${server ?? ''}/${tool ?? ''}`, days, count);
      }
    }
    for (const { values: [policies], count } of await whole([since(days), 'category = access'], 'policy')) {
      for (const policy of policiesIn(policies)) add(decided, policy, days, count);
    }
    for (const { values: [server], count } of await ask([since(days), 'event = call.permitted', 'has tool'], 'server')) add(byServer, String(server), days,
      count);
  }
  const ended = await ask([since(30), 'event in (result.delivered, call.failed)', 'has tool'], 'server, event');
  const of = (event: string): ReadonlyMap<string, number> =>
    new Map(ended.filter(({ values }) => values[1] === event).map(({ values, count }) => [String(values[0]), count]));
  const labels = await ask([since(90), 'event = result.delivered', 'has label'], 'server, label');
  const days = (await ask(['event = call.permitted'], 'day')).map(({ values: [one] }) => Date.parse(String(one)));
  return {
    isKnown: true, since: Math.min(at, ...days), byPolicy, decided, byServer, answered: of('result.delivered'), failed: of('call.failed'),
    labelled: labelsOf(labels),
  };
}

function add(into: Map<string, Used>, name: string, days: (typeof WINDOWS)[number], count: number): void {
  const known = into.get(name) ?? UNUSED;
  const key = `days${days}` as const;
  into.set(name, { ...known, [key]: known[key] + count });
}

/** Lists are counted as one text. */
function policiesIn(value: Values[number] | undefined): readonly string[] {
  return typeof value === 'string' ? value.split(/,\s*/) : [];
}

function labelsOf(counts: Counted): ReadonlyMap<string, readonly Category[]> {
  const found = new Map<string, readonly Category[]>();
  for (const { values: [server, labels] } of counts) {
    const words = policiesIn(labels);
    const known = found.get(String(server)) ?? [];
    found.set(String(server), [...new Set([...known, ...CATEGORIES.filter((one) => words.includes(one))])]);
  }
  return found;
}
