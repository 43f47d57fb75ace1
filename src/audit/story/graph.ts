import type { Json, JsonObject } from '../../domain/json.ts';
import { TRANSPORT_METHODS } from '../../domain/message.ts';
import { carriedBy, joined, NOTHING_CARRIED, rises, sayCarried } from './carried.ts';
import type { Carried } from './carried.ts';

/** One server that the agent turned to. */
export interface Visited {
  readonly server: string;
  readonly calls: number;
  readonly denied: number;
  readonly failed: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** What its results carried, in words; empty where nothing was received. */
  readonly carried: string;
  /** Whether that is anything that has to be watched. */
  readonly marked: boolean;
  /** Tools by how often they were asked for, most first. */
  readonly tools: readonly { readonly tool: string; readonly calls: number; readonly denied: number }[];
}

/** Data of one server that the agent already had when it called another: what may have flowed. */
export interface DataFlow {
  readonly from: string;
  readonly to: string;
  readonly carried: string;
  readonly calls: number;
  readonly denied: number;
}

/** Servers and data flow of one flow context. */
export interface Graph {
  readonly who: string;
  readonly agent: string;
  readonly servers: readonly Visited[];
  readonly flows: readonly DataFlow[];
}

const USES: ReadonlySet<string> = new Set(['call_tool', 'get_prompt', 'read_resource']);
const FAILED: ReadonlySet<string> = new Set(['call.failed', 'call.cancelled', 'call.unknown', 'result.withheld']);

interface Sum {
  calls: number; denied: number; failed: number; sentBytes: number; receivedBytes: number; carried: Carried;
  readonly tools: Map<string, { calls: number; denied: number }>;
}

/** Records of one flow context, oldest first, as presented. */
export function drawGraph(records: readonly JsonObject[]): Graph {
  const sums = new Map<string, Sum>();
  const flows = new Map<string, { from: string; to: string; carried: Carried; calls: number; denied: number }>();
  for (const record of records) {
    const [event, server] = [text(record['event']), text(record['server'])];
    if (server === '') continue;
    const sum = sums.get(server) ?? { calls: 0, denied: 0, failed: 0, sentBytes: 0, receivedBytes: 0, carried: NOTHING_CARRIED, tools: new Map() };
    sums.set(server, sum);
    const denied = event === 'call.denied';
    if (USES.has(text(record['action'])) && (event === 'call.permitted' || denied)) {
      count(sum, record, denied);
      for (const [from, source] of sums) if (from !== server && isMarked(source.carried)) addFlow(flows, from, server, source.carried, denied);
    } else if (event === 'result.delivered') {
      sum.receivedBytes += number(record['sizeBytes']);
      sum.carried = joined(sum.carried, carriedBy(record['labels']));
    } else if (FAILED.has(event) && record['method'] !== TRANSPORT_METHODS.stream) sum.failed += 1;
  }
  const last = records.findLast((record) => text(record['agent']) !== '');
  return {
    who: text(last?.['principal']), agent: text(last?.['agent']),
    servers: [...sums].map(([server, sum]) => visited(server, sum)).toSorted((one, other) => other.calls + other.denied - one.calls - one.denied),
    flows: [...flows.values()].map((flow) => ({ ...flow, carried: sayCarried(flow.carried) })),
  };
}

function count(sum: Sum, record: JsonObject, denied: boolean): void {
  if (denied) sum.denied += 1;
  else sum.calls += 1;
  sum.sentBytes += denied ? 0 : number(record['sizeBytes']);
  const tool = text(record['tool']);
  const of = sum.tools.get(tool) ?? { calls: 0, denied: 0 };
  sum.tools.set(tool, { calls: of.calls + (denied ? 0 : 1), denied: of.denied + (denied ? 1 : 0) });
}

function addFlow(
  flows: Map<string, { from: string; to: string; carried: Carried; calls: number; denied: number }>, from: string, to: string, carried: Carried,
    denied: boolean,
): void {
  const key = JSON.stringify([from, to]);
  const flow = flows.get(key) ?? { from, to, carried: NOTHING_CARRIED, calls: 0, denied: 0 };
  flows.set(key, { from, to, carried: joined(flow.carried, carried), calls: flow.calls + (denied ? 0 : 1), denied: flow.denied + (denied ? 1 : 0) });
}

function visited(server: string, { tools, carried, ...sum }: Sum): Visited {
  const sorted = [...tools].map(([tool, of]) => ({ tool, ...of })).toSorted((one, other) => other.calls + other.denied - one.calls - one.denied);
  return { server, ...sum, tools: sorted, carried: sum.receivedBytes > 0 ? sayCarried(carried) : '', marked: isMarked(carried) };
}

function isMarked(carried: Carried): boolean {
  return rises(NOTHING_CARRIED, carried);
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function number(value: Json | undefined): number {
  return typeof value === 'number' ? value : 0;
}
