import { carriedBy, sayCarried } from '../../audit/story/carried.ts';
import type { DataFlow, Graph } from '../../audit/story/graph.ts';
import { isArray, isObject, type Json, type JsonObject } from '../../domain/json.ts';

/** One call into which values flowed, or whose destinations were looked at. */
export interface FlowStep {
  readonly exchange: string;
  readonly at: number;
  readonly event: string;
  readonly sink: string;
  readonly destinations: string;
  readonly policies: readonly string[];
  readonly places: readonly { readonly at: string; readonly destination?: string; readonly from: readonly string[] }[];
  /** The answers that the values came in by, the latest before the call: what the path begins with. */
  readonly sources: readonly { readonly source: string; readonly exchange?: string; readonly at?: number; readonly carried: string }[];
}

/** The paths in the records of one context, oldest first: from the answers that values came in by to the calls that they went out by. */
export function pathsIn(records: readonly JsonObject[]): readonly FlowStep[] {
  const answers = new Map<string, JsonObject>();
  return records.flatMap((record): readonly FlowStep[] => {
    const { server, tool, event, request } = record;
    const place = typeof tool === 'string' && record['action'] === 'call_tool' ? `${text(server)}/${tool}` : text(server);
    if (event === 'result.delivered') answers.set(place, record);
    const context = isObject(request) ? request['context'] : undefined;
    const provenance = isObject(context) ? context['provenance'] : undefined;
    if (!isObject(provenance) || (event !== 'call.permitted' && event !== 'call.denied')) return [];
    const places = placesOf(provenance['places']);
    const named = new Set([...places.flatMap(({ from }) => from), ...texts(provenance['flowsFrom']).filter((source) => source.includes('/'))]);
    return [{
      exchange: text(record['exchange']), at: number(record['at']) ?? 0, event, sink: place, destinations: text(provenance['destinations']),
      policies: texts(record['policies']), places, sources: [...named].map((source) => sourceOf(source, answers.get(source))),
    }];
  });
}

/** The same as a picture: an edge is a flow that was found, where a session's shows what may have flowed. */
export function pictureOf(graph: Graph, steps: readonly FlowStep[]): Graph {
  const edges = new Map<string, DataFlow>();
  for (const { sink, sources, event } of steps) {
    for (const { source, carried } of sources) {
      const [from, to] = [source.split('/')[0] ?? source, sink.split('/')[0] ?? sink];
      const before = edges.get(`${from}\0${to}`) ?? { from, to, carried, calls: 0, denied: 0 };
      const denied = event === 'call.denied' ? 1 : 0;
      edges.set(`${from}\0${to}`, { ...before, calls: before.calls + 1 - denied, denied: before.denied + denied });
    }
  }
  return { ...graph, flows: [...edges.values()] };
}

function sourceOf(source: string, answer: JsonObject | undefined): FlowStep['sources'][number] {
  const at = number(answer?.['at']);
  const carried = answer === undefined ? '' : sayCarried(carriedBy(answer['labels']));
  return { source, carried, ...(answer === undefined ? {} : { exchange: text(answer['exchange']) }), ...(at === undefined ? {} : { at }) };
}

function placesOf(json: Json | undefined): FlowStep['places'] {
  return (isArray(json) ? json : []).filter(isObject).map(({ at, destination, from }) =>
    ({ at: text(at), from: texts(from), ...(typeof destination === 'string' ? { destination } : {}) }));
}

function texts(json: Json | undefined): readonly string[] {
  return isArray(json) ? json.filter((one) => typeof one === 'string') : [];
}

function text(json: Json | undefined): string {
  return typeof json === 'string' ? json : '';
}

function number(json: Json | undefined): number | undefined {
  return typeof json === 'number' ? json : undefined;
}
